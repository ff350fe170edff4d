using Experiments.Storage;
using Experiments.Trials;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Checkpoints that are no longer what was saved.</summary>
public sealed class DamagedCheckpointTests(UndisturbedRun undisturbed) : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("damaged-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task Each_damage_is_named_and_the_sweep_ends_as_the_undisturbed_one()
    {
        await undisturbed.CopyCacheAsync(_data);
        var warning = await Interrupted();
        Assert.DoesNotContain("begins at the start", warning, StringComparison.Ordinal);

        var state = Newest("state.safetensors");
        FlipLastByte(state);
        warning = await Interrupted();
        Assert.Contains($"t1 classify lora: It begins at the start. '{state}' has the SHA-256 ", warning, StringComparison.Ordinal);

        state = Newest("state.safetensors");
        File.WriteAllBytes(state, File.ReadAllBytes(state)[..100]);
        warning = await Interrupted();
        Assert.Contains($"t1 classify lora: It begins at the start. '{state}' is 100 bytes long, ", warning, StringComparison.Ordinal);

        var manifest = Newest("manifest.json");
        File.Delete(manifest);
        (var result, warning) = await UndisturbedRun.EndAsync(_data);
        Assert.Contains($"t1 classify lora: It begins at the start. '{manifest}' is missing", warning, StringComparison.Ordinal);
        Assert.Equal(await undisturbed.Result, result);
    }

    /// <summary>Runs until a checkpoint is recorded, and returns what was said besides.</summary>
    private async Task<string> Interrupted()
    {
        await using var run = OrchestratorProcess.Start("run", UndisturbedRun.Sweep, "--data", _data, "--verbose");
        await run.ErrorContains("t1 saved step");
        run.Signal("INT");
        Assert.Equal(130, await run.WaitForExitAsync());
        return run.Error;
    }

    private string Newest(string file)
    {
        using var store = LiteDbStore.OpenForReading(_data);
        var newest = store.Read("classify").Select(recorded => recorded.Event).OfType<SweepEvent.CheckpointSaved>()
            .Last(saved => saved.Attempt.Trial == new TrialId(1));
        return Path.Combine(_data, newest.Folder, file);
    }

    private static void FlipLastByte(string path)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
    }
}
