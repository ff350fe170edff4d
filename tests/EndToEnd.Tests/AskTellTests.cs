using System.Globalization;
using System.Text.Json.Nodes;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>A loop outside asks and tells, while a run is killed beside it and a command is killed under it.</summary>
public sealed class AskTellTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("asktell-").FullName;
    private readonly string _file = Path.Combine(AppContext.BaseDirectory, "Sweeps", "external.yaml");

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task A_loop_comes_to_the_end_whoever_is_killed()
    {
        await using (var run = OrchestratorProcess.Start("run", _file, "--data", _data))
        {
            await run.ErrorContains("Trials are given to whoever asks");
            var first = await Answer(0, "ask", "external", "--as", "loop", "--data", _data);
            Assert.Equal("t0.1", (string?)first["attempt"]);
            Assert.Equal("go_on", (string?)(await Tell(first, 1))["answer"]);
            run.Kill();
        }

        Assert.Equal("go_on", (string?)(await Answer(0, "tell", "external", "t0.1", "--data", _data))["answer"]);
        await using (var killed = OrchestratorProcess.Start("ask", "external", "--as", "loop", "--data", _data))
            killed.Kill(); // whether it was given a trial or not

        var losses = new Dictionary<string, double>();
        var (exitCode, output, error) = await Ask();
        for (; exitCode == 0; (exitCode, output, error) = await Ask())
        {
            var trial = JsonNode.Parse(output)!;
            losses[(string)trial["trial"]!] = Loss(trial, 9);
            await Tell(trial, (int)trial["run_to"]!, "--done");
        }

        Assert.True(exitCode == 8, error);
        var results = (await Answer(0, "results", "external", "--json", "--data", _data)).ToJsonString();
        var best = losses.MinBy(pair => pair.Value).Key;
        var rows = JsonNode.Parse(results)!["rows"]!.AsArray();
        Assert.Equal(3, rows.Count);
        Assert.All(rows, row => Assert.Equal((string?)row!["trial"] == best ? "completed" : "pruned", (string?)row["state"]));
        await Answer(0, "store", "verify", "--json", "--data", _data);
    }

    private Task<(int ExitCode, string Output, string Error)> Ask() =>
        OrchestratorProcess.RunAsync("ask", _file, "--as", "loop", "--data", _data);

    private Task<JsonNode> Tell(JsonNode trial, int step, params string[] more) => Answer(
        0,
        [
            "tell", "external", (string)trial["attempt"]!, "--step", step.ToString(CultureInfo.InvariantCulture),
            "--value", "loss=" + Loss(trial, step).ToString("R", CultureInfo.InvariantCulture), .. more, "--data", _data,
        ]);

    private static double Loss(JsonNode trial, int step)
    {
        var off = (double)trial["parameters"]!["rate"]! - 0.3;
        return (off * off) + (1.0 / step);
    }

    private static async Task<JsonNode> Answer(int expected, params string[] arguments)
    {
        var (exitCode, output, error) = await OrchestratorProcess.RunAsync(arguments);
        Assert.True(exitCode == expected, $"{exitCode}: {output}{error}");
        return JsonNode.Parse(output)!;
    }
}
