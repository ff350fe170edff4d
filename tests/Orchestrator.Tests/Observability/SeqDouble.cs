using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Orchestrator.Tests.Observability;

/// <summary>
/// Stands in for a Seq server on loopback: takes events as Seq documents it (one JSON object a line, <c>@t</c> required,
/// one bad event refuses the request), and can be down.
/// </summary>
internal sealed class SeqDouble : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<JsonElement> _events = Channel.CreateUnbounded<JsonElement>();
    private readonly ConcurrentQueue<int> _answers = [];

    private SeqDouble(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.Single());

    public ChannelReader<JsonElement> Events => _events.Reader;

    /// <summary>Status codes answered so far, in order.</summary>
    public IReadOnlyCollection<int> Answers => _answers;

    /// <summary>While positive, each request is answered with 503 and counts down.</summary>
    public int FailuresLeft;

    public static async Task<SeqDouble> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var seq = new SeqDouble(builder.Build());
        seq._app.MapPost("/api/events/raw", seq.Ingest);
        seq._app.MapPost("/ingest/clef", seq.Ingest);
        await seq._app.StartAsync();
        return seq;
    }

    private async Task<IResult> Ingest(HttpRequest request)
    {
        if (Interlocked.Decrement(ref FailuresLeft) >= 0)
            return Answer(StatusCodes.Status503ServiceUnavailable, "down");

        using var reader = new StreamReader(request.Body);
        var events = new List<JsonElement>();
        while (await reader.ReadLineAsync() is { } line)
        {
            if (Parse(line) is not { } parsed)
                return Answer(StatusCodes.Status400BadRequest, $"not an event: {line}");
            events.Add(parsed);
        }

        var answer = Answer(StatusCodes.Status201Created, ""); // noted before anybody can see what it says
        foreach (var accepted in events)
            _events.Writer.TryWrite(accepted);
        return answer;
    }

    private static JsonElement? Parse(string line)
    {
        try
        {
            var root = JsonDocument.Parse(line).RootElement;
            return root.ValueKind == JsonValueKind.Object
                && root.TryGetProperty("@t", out var time)
                && DateTimeOffset.TryParse(time.GetString(), CultureInfo.InvariantCulture, out _)
                ? root
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private IResult Answer(int status, string error)
    {
        _answers.Enqueue(status);
        return Results.Json(status == StatusCodes.Status201Created ? new { } : new { Error = error }, statusCode: status);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
