using Experiments.Trials;
using GpuActors.Coordination;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GpuActors.Tests.Coordination;

public sealed class CheckpointFoldersTests : IDisposable
{
    private readonly string _dataFolder = Directory.CreateTempSubdirectory("checkpoints-").FullName;

    [Fact]
    public async Task Deletes_a_checkpoint_and_nothing_beside_it()
    {
        var old = Make("sweeps/s/trials/t1/a1/checkpoints/a1-s5");
        var newest = Make("sweeps/s/trials/t1/a1/checkpoints/a1-s10");

        await using (var folders = new CheckpointFolders(_dataFolder, NullLogger.Instance))
            folders.Delete(["sweeps/s/trials/t1/a1/checkpoints/a1-s5"]);

        Assert.False(Directory.Exists(old));
        Assert.True(Directory.Exists(newest));
    }

    [Fact]
    public async Task Deletes_the_checkpoints_of_all_attempts_of_a_trial_but_not_its_adapter()
    {
        string[] checkpoints = [Make("sweeps/s/trials/t1/a1/checkpoints/a1-s5"), Make("sweeps/s/trials/t1/a2/checkpoints/a2-s9")];
        string[] kept = [Make("sweeps/s/trials/t1/a2/adapter"), Make("sweeps/s/trials/t12/a1/checkpoints/a1-s5")];

        await using (var folders = new CheckpointFolders(_dataFolder, NullLogger.Instance))
            folders.DeleteAll("s", new TrialId(1), []);

        Assert.DoesNotContain(checkpoints, Directory.Exists);
        Assert.All(kept, folder => Assert.True(Directory.Exists(folder)));
    }

    [Fact]
    public async Task Spares_what_another_trial_goes_on_from()
    {
        var lent = Make("sweeps/s/trials/t1/a2/checkpoints/a2-s9");
        var deeper = Make("sweeps/s/trials/t1/a1/checkpoints/own/s6");
        string[] others = [Make("sweeps/s/trials/t1/a2/checkpoints/a2-s12"), Make("sweeps/s/trials/t1/a3/checkpoints/a3-s9")];

        await using (var folders = new CheckpointFolders(_dataFolder, NullLogger.Instance))
            folders.DeleteAll("s", new TrialId(1), ["sweeps/s/trials/t1/a2/checkpoints/a2-s9", "sweeps/s/trials/t1/a1/checkpoints/own/s6"]);

        Assert.True(Directory.Exists(lent) && Directory.Exists(deeper));
        Assert.DoesNotContain(others, Directory.Exists);
    }

    [Fact]
    public async Task Leaves_alone_what_does_not_lie_among_the_sweeps()
    {
        var cache = Make("cache/base");

        await using (var folders = new CheckpointFolders(_dataFolder, NullLogger.Instance))
            folders.Delete(["sweeps/../cache/base", cache]);

        Assert.True(Directory.Exists(cache));
    }

    public void Dispose() => Directory.Delete(_dataFolder, recursive: true);

    private string Make(string folder)
    {
        var path = Directory.CreateDirectory(Path.Combine(_dataFolder, folder)).FullName;
        File.WriteAllText(Path.Combine(path, "file"), "content");
        return path;
    }
}
