using System.Text.Json;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Claims of a sweep, from the file to the verdict: run, then read again from the store.</summary>
public sealed class ReproduceTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("claims-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task Claims_are_run_and_judged_and_a_second_time_only_judged()
    {
        var file = Path.Combine(AppContext.BaseDirectory, "Sweeps", "claims.yaml");

        var first = await OrchestratorProcess.RunAsync("reproduce", file, "--data", _data, "--json");
        Assert.True(first.ExitCode == 0, first.Error);
        var second = await OrchestratorProcess.RunAsync("reproduce", file, "--data", _data, "--json");
        var page = await OrchestratorProcess.RunAsync("reproduce", file, "--data", _data, "--format", "markdown");

        Assert.Equal((0, first.Output), (second.ExitCode, second.Output));
        using var document = JsonDocument.Parse(first.Output);
        Assert.Equal("orchestrator/reproduce/1", document.RootElement.GetProperty("schema").GetString());
        var claims = document.RootElement.GetProperty("sweeps")[0].GetProperty("claims").EnumerateArray()
            .Select(claim => (
                claim.GetProperty("verdict").GetString(),
                Math.Round(claim.GetProperty("difference").GetProperty("mean").GetDouble(), 9),
                claim.GetProperty("holm_p").GetDouble()));
        Assert.Equal([("holds", 1.0, 4.0 / 128), ("contradicted", -1.0, 4.0 / 128)], claims); // 2 of 2⁷ sign flips, two claims
        Assert.Contains("| The better one is better | its name | score |", page.Output, StringComparison.Ordinal);
    }
}
