using System.Net;
using Experiments.Asking;
using Experiments.Reports;
using Experiments.Storage;

namespace Orchestrator.Asking;

/// <summary>The desk of the run that holds the store, over its HTTP interface.</summary>
/// <param name="http">Reaches it; disposed with the desk.</param>
internal sealed class SocketDesk(HttpClient http) : ITrialDesk
{
    public async Task<AskAnswer> AskAsync(AskRequest request, CancellationToken cancel) => ReportJson.ReadAsk(
        await PostAsync($"sweeps/{Uri.EscapeDataString(request.Sweep)}/ask", AskBody.Write(request), cancel));

    public async Task<TellAnswer> TellAsync(TellRequest request, CancellationToken cancel)
    {
        var trial = request.Attempt is { } attempt ? $"{request.Trial}.{attempt}" : request.Trial.ToString();
        var path = $"sweeps/{Uri.EscapeDataString(request.Sweep)}/trials/{trial}/tell";
        return ReportJson.ReadTell(await PostAsync(path, AskBody.Write(request), cancel));
    }

    public void Dispose() => http.Dispose();

    private async Task<string> PostAsync(string path, byte[] body, CancellationToken cancel)
    {
        try
        {
            using var answer = await http.PostAsync(path, new ByteArrayContent(body), cancel);
            var text = await answer.Content.ReadAsStringAsync(cancel);
            return answer.StatusCode switch
            {
                HttpStatusCode.OK => text,
                HttpStatusCode.BadRequest => throw new RefusedException(RefusalKind.BadInput, text),
                HttpStatusCode.NotFound => throw new RefusedException(RefusalKind.Unknown, text),
                HttpStatusCode.Conflict => throw new RefusedException(RefusalKind.Conflict, text),
                _ => throw new StoreException(text),
            };
        }
        catch (HttpRequestException failure)
        {
            throw new StoreException("The run ended before it answered. Try again.", failure);
        }
    }
}
