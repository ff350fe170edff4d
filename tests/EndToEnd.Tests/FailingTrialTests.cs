using System.Text.Json.Nodes;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Trials that fail, each with its cause, and take no other trial with them.</summary>
public sealed class FailingTrialTests : IDisposable
{
    private const int Attempts = 2; // the first and as many more as the sweep grants retries
    private readonly string _data = Directory.CreateTempSubdirectory("failing-").FullName;
    private readonly string _sweep = Path.Combine(AppContext.BaseDirectory, "Sweeps", "failing.yaml");

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task A_trial_that_takes_its_worker_down_each_time_and_one_that_diverges_fail_alone()
    {
        await using var run = OrchestratorProcess.Start("run", _sweep, "--data", _data);
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            await run.ErrorContains(attempt == 1 ? "classify crashing starts on" : $"attempt {attempt}\n");
            OrchestratorProcess.Signal("KILL", Assert.Single(OrchestratorProcess.Of(_data), id => id != run.Id));
        }

        Assert.Equal(3, await run.WaitForExitAsync());
        // The worker's agent knows why; on a busy machine the cluster may notice first that it is gone.
        const string reason = @"(It was killed, maybe for want of memory \(exit code 137\)|Its process or its node is gone)";
        Assert.Matches($@"attempt {Attempts} failed, lost: {reason}\.\n", run.Error);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
        Assert.Empty(OrchestratorProcess.Of(_data));

        var rows = await Results();
        Assert.Equal(["crashing failed lost", "diverging failed nan", "lora completed "], rows.Select(Words));
        Assert.Equal(Attempts, (int?)rows[0]!["attempt"]);
        Assert.Matches("^The (loss|gradient's norm) became (NaN|Infinity) at step [0-9]+\\.", (string?)rows[1]!["message"]);
        Assert.NotNull(rows[2]!["test"]);
    }

    private async Task<JsonArray> Results()
    {
        var (exitCode, output, error) = await OrchestratorProcess.RunAsync("results", "failing", "--json", "--data", _data);
        Assert.True(exitCode == 0, error);
        return JsonNode.Parse(output)!["rows"]!.AsArray();
    }

    private static string Words(JsonNode? row) => $"{row!["entry"]} {row["state"]} {row["cause"]}";
}
