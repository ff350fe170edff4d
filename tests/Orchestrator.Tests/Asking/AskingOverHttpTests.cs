using System.Net;
using System.Text.Json.Nodes;
using Experiments.Asking;
using Experiments.Storage;
using Experiments.SweepFiles;
using Orchestrator.Asking;
using Orchestrator.Reading;
using Orchestrator.Serving;
using Orchestrator.Terminal;
using Orchestrator.Tests.Commands;
using Xunit;

namespace Orchestrator.Tests.Asking;

/// <summary>A real server on a real socket, whose process holds the store.</summary>
public sealed class AskingOverHttpTests : IAsyncLifetime
{
    private readonly string _data = Directory.CreateTempSubdirectory("asking-").FullName;
    private readonly SmallCatalogue _catalogue = new();
    private StoreDesk _desk = null!; // there from InitializeAsync on
    private IAsyncDisposable _server = null!;
    private HttpClient _http = null!;

    private Settings Settings => new() { Data = _data };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var spec = SweepFile.Parse(AskTellCommandsTests.Sweep, "tune.yaml", _catalogue);
        _desk = new StoreDesk(LiteDbStore.Open(_data), spec, _catalogue, Settings, TimeProvider.System);
        _server = (await SweepServer.StartAsync(_data, new ListedSweeps(), Assert.Fail, _desk))!;
        _http = (await CoordinatorHttp.TryConnectAsync(_data, Cancel))!;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
        _desk.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task A_loop_asks_and_tells_to_the_end()
    {
        var asked = await Post("/sweeps/tune/ask", """{ "as": "gpu-7", "lease": "20m" }""");
        Assert.Equal("t0.1", (string?)asked["attempt"]);
        Assert.Equal("work", (string?)asked["answer"]);
        Assert.True(Directory.Exists((string?)asked["checkpoints"]));
        Assert.InRange((double)asked["parameters"]!["rate"]!, 0.1, 1);

        var told = await Post("/sweeps/tune/trials/t0.1/tell", """{ "values": { "loss": 0.5 }, "step": 1 }""");
        Assert.Equal("go_on", (string?)told["answer"]);
        var other = await Post("/sweeps/tune/ask", "");
        var last = await Post("/sweeps/tune/trials/0/tell", """{ "values": { "loss": 0.4 }, "step": 5, "done": true }""");
        Assert.Equal(("t1.1", "stop"), ((string?)other["attempt"], (string?)last["answer"]));
        Assert.Equal("wait", (string?)(await Post("/sweeps/tune/ask", "{}"))["answer"]);
        Assert.Equal("stop", (string?)(await Post("/sweeps/tune/trials/t1/tell", """{ "failed": "out of disk" }"""))["answer"]);
        Assert.Equal("done", (string?)(await Post("/sweeps/tune/ask", "{}"))["answer"]);
    }

    [Theory]
    [InlineData("ask", "[]", 400, "The body must be an object with as, lease.")]
    [InlineData("ask", """{ "ass": "gpu-7" }""", 400, "Unknown member 'ass'. Did you mean 'as'? Members: as, lease.")]
    [InlineData("ask", """{ "lease": 60 }""", 400, "'lease' must be a text, not 60.")]
    [InlineData("ask", """{ "lease": "soon" }""", 400, "'lease' must be a time such as 90s, 45m, 6h, 1h30m or 2d, not \"soon\".")]
    [InlineData("ask", """{ "as": "" }""", 400, "'as' must be a text, not \"\".")]
    [InlineData("trials/t0.1/tell", """{ "values": { "loss": NaN } }""", 400, "The body is no JSON, in line 1 at byte 23; "
        + "a value that is not finite is written \"NaN\" or \"Infinity\", in quotation marks.")]
    [InlineData("trials/t0.1/tell", """{ "values": [0.3] }""", 400, "'values' must be an object such as { \"loss\": 0.31 }, not [0.3].")]
    [InlineData("trials/t0.1/tell", """{ "values": { "loss": "0.3" } }""", 400, "'loss' must be a number, not \"0.3\".")]
    [InlineData("trials/t0.1/tell", """{ "values": { "loss": 1, "loss": 2 } }""", 400, "'loss' is given twice.")]
    [InlineData("trials/t0.1/tell", """{ "step": 1.5 }""", 400, "'step' must be a whole number from 0, not 1.5.")]
    [InlineData("trials/t0.1/tell", """{ "step": 1, "step": 2 }""", 400, "'step' is given twice.")]
    [InlineData("trials/t0.1/tell", """{ "done": 1 }""", 400, "'done' must be true or false, not 1.")]
    [InlineData("trials/t0.1/tell", """{ "done": true, "failed": "no" }""", 400, "'done', 'paused' and 'failed' exclude each other.")]
    [InlineData("trials/t0.1/tell", """{ "checkpoint": "here" }""", 400, "The checkpoint 'here' must be an absolute path.")]
    [InlineData("trials/t0.1/tell", """{ "checkpoint": "/nowhere" }""", 400, "There is no folder '/nowhere' with a checkpoint.")]
    [InlineData("trials/t0.1/tell", """{ "done": true }""", 400, "t0 cannot be done: 'loss' was never told.")]
    [InlineData("trials/first/tell", "{}", 400, "'first' is no trial; they are called t12, or t12.2 at their second attempt.")]
    [InlineData("trials/t9/tell", "{}", 404, "Sweep 'tune' has no trial t9; it has t0 to t1.")]
    [InlineData("trials/t0.3/tell", "{}", 404, "t0 has no attempt 3; its newest is t0.1.")]
    public async Task What_cannot_be_taken_is_a_status_and_a_sentence(string path, string body, int status, string sentence)
    {
        await Post("/sweeps/tune/ask", "{}");

        Assert.Equal((status, sentence), await Refused($"/sweeps/tune/{path}", body));
    }

    [Fact]
    public async Task Another_sweep_is_unknown_or_in_the_way()
    {
        await Post("/sweeps/tune/ask", "{}");

        Assert.Equal(
            (404, "There is no sweep 'tone'. Did you mean 'tune'? Begin one: orchestrator ask FILE."),
            await Refused("/sweeps/tone/trials/t0/tell", "{}"));
        Assert.Equal((409, "The store is held by the run of 'tune', which is not 'tone'."), await Refused("/sweeps/tone/ask", "{}"));
    }

    [Fact]
    public async Task The_commands_reach_the_run_that_holds_the_store()
    {
        using var desk = await TrialDesks.OpenAsync(
            Settings, "tune", null, _catalogue, TimeProvider.System, Assert.Fail, Cancel);
        Assert.IsType<SocketDesk>(desk);

        var asked = await desk.AskAsync(new AskRequest("tune", "anna", TimeSpan.FromMinutes(20), "here"), Cancel);
        var request = new TellRequest { Sweep = "tune", Trial = asked.Trial!.Value, Attempt = 1, Step = 2 };
        var told = await desk.TellAsync(request with { Values = request.Values.Add("loss", 0.1 + 0.2) }, Cancel);
        var again = await desk.TellAsync(request with { Values = request.Values.Add("loss", double.PositiveInfinity) }, Cancel);
        var paused = await Assert.ThrowsAsync<RefusedException>(
            () => desk.TellAsync(request with { Trial = new Experiments.Trials.TrialId(5), End = TellEnd.Paused }, Cancel));

        Assert.Equal(TellVerdict.GoOn, told.Answer);
        Assert.Equal(
            (TellVerdict.Stop, "loss at step 2 is Infinity now and was 0.30000000000000004 before."), (again.Answer, again.Warning));
        Assert.Equal(RefusalKind.Unknown, paused.Kind);
    }

    private async Task<JsonNode> Post(string path, string body)
    {
        using var answer = await _http.PostAsync(path, new StringContent(body), Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        return JsonNode.Parse(text)!;
    }

    private async Task<(int Status, string Sentence)> Refused(string path, string body)
    {
        using var answer = await _http.PostAsync(path, new StringContent(body), Cancel);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel));
    }
}
