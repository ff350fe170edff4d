using System.Text.Json.Nodes;
using Experiments.Storage;
using Orchestrator.Commands;
using Orchestrator.Reading;
using Orchestrator.Tests.Commands;
using Xunit;

namespace Orchestrator.Tests.Asking;

/// <summary>Asking and telling on the command line, where no run holds the store.</summary>
public sealed class AskTellCommandsTests : IDisposable
{
    public const string Sweep = """
        workload: external
        metric: { name: loss, goal: minimize }
        trials: 2
        parameters: { rate: { low: 0.1, high: 1.0 }, steps: 5 }
        """;

    private readonly ProgramRun _program = new ProgramRun().WithFile("tune.yaml", Sweep);

    public void Dispose() => _program.Dispose();

    [Fact]
    public async Task A_loop_asks_and_tells_to_the_end_and_each_exit_code_says_what_came()
    {
        var data = Directory.CreateDirectory(Path.Combine(_program.Folder, "mine")).FullName;
        await File.WriteAllTextAsync(Path.Combine(data, "weights"), "1234", TestContext.Current.CancellationToken);

        Assert.Equal("t0.1", (string?)(await Answer(ExitCode.Ok, "ask", "tune.yaml"))["attempt"]);
        Assert.Equal("t1.1", (string?)(await Answer(ExitCode.Ok, "ask", "tune", "--as", "gpu-7", "--lease", "20m"))["attempt"]);
        Assert.Equal("wait", (string?)(await Answer(ExitCode.NotAtTheEnd, "ask", "tune"))["answer"]);
        Assert.Equal("go_on", (string?)(await Answer(
            ExitCode.Ok, "tell", "tune", "t1.1", "--value", "loss=0.5", "--value", "accuracy=1e-1", "--step", "2",
            "--checkpoint", "mine"))["answer"]);
        var again = await Answer(ExitCode.Ok, "ask", "tune", "--as", "gpu-7");
        Assert.Equal(("t1.2", 2, data), ((string?)again["attempt"], (int)again["from_step"]!, (string?)again["resume_from"]));
        Assert.Equal("fenced", (string?)(await Answer(ExitCode.NotAllGood, "tell", "tune", "t1.1", "--value", "loss=0.4"))["answer"]);
        Assert.Equal("stop", (string?)(await Answer(ExitCode.Ok, "tell", "tune", "t1.2", "--value", "loss=nan"))["answer"]);
        Assert.Equal("stop", (string?)(await Answer(ExitCode.Ok, "tell", "tune", "t0", "--value", "loss=0.3", "--done"))["answer"]);
        Assert.Equal("done", (string?)(await Answer(ExitCode.NothingLeft, "ask", "tune"))["answer"]);
        Assert.True(Directory.Exists(data)); // what lies elsewhere is left alone
    }

    [Fact]
    public async Task It_is_seen_as_every_sweep_is()
    {
        await Answer(ExitCode.Ok, "ask", "tune.yaml", "--set", "trials=3");
        await Answer(ExitCode.Ok, "tell", "tune", "t0", "--value", "loss=0.5", "--step", "5", "--done");
        await Answer(ExitCode.Ok, "ask", "tune");

        var status = await Read("status", "tune", "--json");
        Assert.Contains("\"state\": \"running\"", status, StringComparison.Ordinal); // the sweep's: t1 is assigned
        Assert.Contains("nobody has asked for it", status, StringComparison.Ordinal);
        Assert.Contains("0.5", await Read("results", "tune"), StringComparison.Ordinal);
        Assert.Contains("no test split", await Read("compare", "tune"), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, await _program.Run("store", "verify"));
        Assert.Equal(ExitCode.Ok, await _program.Run("suggest-why", "tune", "t1"));
        Assert.Equal(ExitCode.Ok, await _program.Run("plan", Path.Combine(_program.Folder, "tune.yaml")));
        Assert.Contains("external", _program.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_recorded_without_a_run_is_logged_in_one_file_and_each_event_once()
    {
        await Answer(ExitCode.Ok, "ask", "tune.yaml");
        await Answer(ExitCode.Ok, "tell", "tune", "t0", "--value", "loss=0.5", "--step", "5", "--done");

        var log = Assert.Single(Directory.GetFiles(Path.Combine(_program.Folder, ".orchestrator", "logs"), "*-desk.clef"));
        var events = await File.ReadAllLinesAsync(log, TestContext.Current.CancellationToken);
        Assert.Equal(
            [
                "SweepStarted", "TrialCreated", "TrialCreated", "TrialLeased", "AttemptStarted", "Metric", "AttemptEnded", "TrialEnded",
            ],
            events.Select(line => (string?)JsonNode.Parse(line)!["Event"]));
        Assert.All(events, line => Assert.Equal("tune", (string?)JsonNode.Parse(line)!["Sweep"]));
    }

    [Theory]
    [InlineData(ExitCode.NoSuchThing, "There is no sweep 'tune'. Begin one: orchestrator ask FILE.", "ask", "tune")]
    [InlineData(ExitCode.NoSuchThing, "There is no sweep 'tune'. Begin one: orchestrator ask FILE.", "tell", "tune", "t0")]
    [InlineData(
        ExitCode.Refused, "--lease must be a time such as 90s, 45m, 6h, 1h30m or 2d, not 'long'.", "ask", "tune.yaml", "--lease", "long")]
    [InlineData(ExitCode.Refused, "--set changes what a file says, and 'tune' is the name of a sweep.", "ask", "tune", "--set", "trials=3")]
    [InlineData(ExitCode.Refused, "--value must be NAME=NUMBER, such as loss=0.31, not 'loss'.", "tell", "tune", "t0", "--value", "loss")]
    [InlineData(ExitCode.Refused, "--value names 'a' twice.", "tell", "tune", "t0", "--value", "a=1", "--value", "a=1")]
    [InlineData(ExitCode.Refused, "--done, --failed and --paused exclude each other.", "tell", "tune", "t0", "--done", "--paused")]
    [InlineData(ExitCode.Refused, "'one' is no trial; they are called t12, or t12.2 at their second attempt.", "tell", "tune", "one")]
    public async Task A_mistake_is_a_sentence_and_begins_nothing(int exitCode, string sentence, params string[] arguments)
    {
        Assert.Equal((exitCode, sentence), (await _program.Run(arguments), _program.Error.TrimEnd()));
        Assert.False(LiteDbStore.ExistsIn(Path.Combine(_program.Folder, ".orchestrator")));
    }

    [Fact]
    public async Task A_sweep_goes_on_with_more_trials_and_not_with_another_space()
    {
        _program.WithFile("other.yaml", "name: tune\n" + Sweep.Replace("1.0", "2.0", StringComparison.Ordinal));
        await Answer(ExitCode.Ok, "ask", "tune.yaml");

        Assert.Equal(ExitCode.Refused, await _program.Run("ask", "other.yaml"));
        Assert.Contains("was begun with another specification", _program.Error, StringComparison.Ordinal);
        await Answer(ExitCode.Ok, "ask", "tune.yaml", "--set", "trials=3");
        Assert.Equal("t2.1", (string?)(await Answer(ExitCode.Ok, "ask", "tune"))["attempt"]);
    }

    private async Task<string> Read(params string[] arguments)
    {
        using var program = new ProgramRun { Sweeps = StoreReader.Open(Path.Combine(_program.Folder, ".orchestrator")) };
        Assert.Equal(ExitCode.Ok, await program.Run(arguments));
        return program.Output;
    }

    private async Task<JsonNode> Answer(int exitCode, params string[] arguments)
    {
        Assert.Equal((exitCode, ""), (await _program.Run(arguments), _program.Error));
        return JsonNode.Parse(_program.Output)!;
    }
}
