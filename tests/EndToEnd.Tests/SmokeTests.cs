using System.Text.Json;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>The smallest sweep of the product, the way a person runs it.</summary>
public sealed class SmokeTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("smoke-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task Every_method_is_compared_and_asking_again_answers_the_same()
    {
        var first = await OrchestratorProcess.RunAsync("run", Checkout.PathOf("config/smoke.yaml"), "--data", _data);
        Assert.True(first.ExitCode == 0, first.Error);
        string[] methods = ["base", "full", "lora", "conv-lora", "longlora", "mole"];
        Assert.All(methods, method => Assert.Contains(method, first.Output, StringComparison.Ordinal));
        Assert.DoesNotContain("\u001b", first.Output + first.Error, StringComparison.Ordinal);

        var again = await OrchestratorProcess.RunAsync("run", Checkout.PathOf("config/smoke.yaml"), "--data", _data);
        Assert.Equal(0, again.ExitCode);
        Assert.Equal(first.Output, again.Output);
        Assert.Empty(OrchestratorProcess.Of(_data));
    }

    [Fact]
    public async Task Ctrl_C_saves_and_stops_and_the_same_command_goes_on()
    {
        string[] command = ["run", Checkout.PathOf("config/smoke.yaml"), "--data", _data];
        await using (var run = OrchestratorProcess.Start(command))
        {
            await run.ErrorContains("starts on");
            run.Signal("INT");

            Assert.Equal(130, await run.WaitForExitAsync());
            Assert.Contains("orchestrator run", run.Error, StringComparison.Ordinal);
        }

        Assert.Empty(OrchestratorProcess.Of(_data));
        Assert.Equal(0, (await OrchestratorProcess.RunAsync(command)).ExitCode);
    }

    [Fact]
    public async Task While_it_runs_other_commands_answer_how_it_stands()
    {
        await using var run = OrchestratorProcess.Start("run", Checkout.PathOf("config/smoke.yaml"), "--data", _data);
        await run.ErrorContains("starts on");

        var status = await OrchestratorProcess.RunAsync("status", "--data", _data, "--json");
        var results = await OrchestratorProcess.RunAsync("results", "@last", "--data", _data, "--json");
        var comparison = await OrchestratorProcess.RunAsync("compare", "@last", "--data", _data);

        Assert.Equal((0, ""), (status.ExitCode, status.Error));
        Assert.Equal((0, ""), (results.ExitCode, results.Error));
        Assert.Equal((0, ""), (comparison.ExitCode, comparison.Error));
        using var document = JsonDocument.Parse(status.Output);
        var sweep = Assert.Single(document.RootElement.GetProperty("sweeps").EnumerateArray());
        Assert.Equal("running", sweep.GetProperty("state").GetString());
        Assert.NotEmpty(sweep.GetProperty("running").EnumerateArray());
        Assert.False(run.HasExited);

        run.Signal("INT");
        Assert.Equal(130, await run.WaitForExitAsync());
        var stopped = await OrchestratorProcess.RunAsync("status", "--data", _data, "--json");
        Assert.Contains("\"state\": \"paused\"", stopped.Output, StringComparison.Ordinal);
    }
}
