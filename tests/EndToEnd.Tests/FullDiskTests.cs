using Experiments.Storage;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Disks that fill up while a sweep runs: nothing that was recorded is lost, and with room again it goes on.</summary>
public sealed class FullDiskTests(UndisturbedRun undisturbed) : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("full-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task A_store_without_room_says_so_waits_and_keeps_what_it_has_recorded()
    {
        using var disk = new SmallDisk(_data, "32m");
        await undisturbed.CopyCacheAsync(_data);
        await using (var run = OrchestratorProcess.Start("run", UndisturbedRun.Sweep, "--data", _data))
        {
            await run.ErrorContains("t1 classify lora starts on");
            disk.Fill();
            await run.ErrorContains($"nothing can be recorded: The store in {_data} cannot be read or written: No space left on device");
            disk.Clear();
            await run.ErrorContains("recording goes on");

            disk.Fill();
            foreach (var process in OrchestratorProcess.Of(_data))
                OrchestratorProcess.Signal("KILL", process);
            await run.WaitForExitAsync();
        }

        var recorded = Recorded();
        var (exitCode, output, error) = await OrchestratorProcess.RunAsync("run", UndisturbedRun.Sweep, "--data", _data);
        Assert.Equal((7, ""), (exitCode, output));
        Assert.Matches($"^The store in {_data} cannot be read or written: No space left on device : '[^\n]+'\n$", error);
        Assert.Equal(recorded, Recorded());

        disk.Clear();
        Assert.Equal(await undisturbed.Result, (await UndisturbedRun.EndAsync(_data)).Result);
        Assert.Equal(recorded, Recorded().Take(recorded.Count));
    }

    [Fact]
    public async Task A_preparation_and_a_checkpoint_without_room_let_the_sweep_hold_until_there_is_some()
    {
        using var cache = new SmallDisk(Path.Combine(_data, "cache"), "16k");
        using var trials = new SmallDisk(Path.Combine(_data, "sweeps"), "16k");

        await AssertHolds("t0 prepare base/vit-tiny@smoke");
        cache.Grow("16m");
        await AssertHolds("t1 classify lora");
        trials.Grow("16m");
        Assert.Equal(await undisturbed.Result, (await UndisturbedRun.EndAsync(_data)).Result);
    }

    private async Task AssertHolds(string trial)
    {
        var (exitCode, _, error) = await OrchestratorProcess.RunAsync("run", UndisturbedRun.Sweep, "--data", _data);

        Assert.True(exitCode == 4, $"exit {exitCode}\n{error}");
        Assert.Contains($"{trial} attempt 4 failed, io: No space left on device", error, StringComparison.Ordinal);
        Assert.Contains($"Not at the end: {trial.Split(' ')[0]} finds the disk full: No space left", error, StringComparison.Ordinal);
        Assert.Contains($"This goes on with it: orchestrator run {UndisturbedRun.Sweep} --data {_data}\n", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.Empty(OrchestratorProcess.Of(_data));
    }

    private List<string> Recorded()
    {
        using var store = LiteDbStore.OpenForReading(_data);
        return [.. store.Read("classify").Select(recorded => recorded.ToString())];
    }
}
