using System.Text;
using Experiments.Storage;

namespace Orchestrator.Reading;

/// <summary>Reads sweeps by asking the coordinator that holds their store.</summary>
internal sealed class SocketReader : ISweepReader
{
    private readonly HttpClient _http;

    private SocketReader(HttpClient http) => _http = http;

    /// <summary>Reaches the coordinator of a data folder; null when none listens.</summary>
    public static async Task<SocketReader?> TryConnectAsync(string dataFolder, CancellationToken cancel) =>
        await CoordinatorHttp.TryConnectAsync(dataFolder, cancel) is { } http ? new SocketReader(http) : null;

    public async Task<IReadOnlyList<SweepSummary>> List(CancellationToken cancel) =>
        SnapshotJson.ReadList(await AskAsync("sweeps", cancel));

    public async Task<SweepSnapshot> Read(string sweep, CancellationToken cancel) =>
        SnapshotJson.Read(await AskAsync($"sweeps/{Uri.EscapeDataString(sweep)}", cancel));

    public void Dispose() => _http.Dispose();

    private async Task<byte[]> AskAsync(string path, CancellationToken cancel)
    {
        try
        {
            using var answer = await _http.GetAsync(path, cancel);
            var body = await answer.Content.ReadAsByteArrayAsync(cancel);
            return answer.IsSuccessStatusCode ? body : throw new StoreException(Encoding.UTF8.GetString(body));
        }
        catch (HttpRequestException failure)
        {
            throw new StoreException("The run ended while it was asked how it stands. Ask again.", failure);
        }
    }
}
