using System.Text.Json;
using Adapters.Checkpoints;
using Adapters.Methods;
using Adapters.Tests.Training;
using Adapters.Training;
using Xunit;

namespace Adapters.Tests.Checkpoints;

public sealed class TrainingCheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _checkpoint;

    public TrainingCheckpointTests()
    {
        using var training = new TinyTraining(_folder.Path, new TrainingOptions { Steps = 4, CheckpointEvery = 3 });
        training.Run();
        _checkpoint = training.Checkpoints.Single().Folder;
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Holds_the_whole_state_under_names()
    {
        using var file = SafeTensorsFile.Open(File("state.safetensors"));

        Assert.Equal(
            [
                "first_moment.scale", "first_moment.second.weight", "parameter.scale", "parameter.second.weight",
                "second_moment.scale", "second_moment.second.weight",
            ],
            file.Entries.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Says_whose_it_is_and_how_far_it_has_come()
    {
        var manifest = TrainingCheckpoint.Check(_checkpoint);

        Assert.Equal((1, 3), (manifest.Attempt, manifest.Progress.Step));
        Assert.Equal(3, manifest.Progress.LossCount);
        Assert.Equal(new TrainingIdentity("scaled", "adamw", 5), manifest.Training);
        Assert.Equal(["manifest.json", "state.safetensors"], Directory.GetFiles(_checkpoint).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Leaves_nothing_temporary() =>
        Assert.Equal(["a1-s3"], Directory.GetFileSystemEntries(Path.GetDirectoryName(_checkpoint)!).Select(Path.GetFileName));

    [Fact]
    public void Refuses_a_folder_without_a_manifest()
    {
        System.IO.File.Delete(File("manifest.json"));

        AssertRefused(File("manifest.json"), "is missing");
    }

    [Fact]
    public void Refuses_a_folder_that_is_not_there()
    {
        Directory.Delete(_checkpoint, recursive: true);

        AssertRefused(File("manifest.json"), "is missing");
    }

    [Fact]
    public void Refuses_a_missing_file()
    {
        System.IO.File.Delete(File("state.safetensors"));

        AssertRefused(File("state.safetensors"), "is missing");
    }

    [Fact]
    public void Refuses_a_file_that_was_cut()
    {
        using (var file = System.IO.File.OpenWrite(File("state.safetensors")))
            file.SetLength(file.Length - 1);

        AssertRefused(File("state.safetensors"), "bytes long, but the manifest says");
    }

    [Fact]
    public void Refuses_a_file_with_a_changed_bit()
    {
        var bytes = System.IO.File.ReadAllBytes(File("state.safetensors"));
        bytes[^5] ^= 4;
        System.IO.File.WriteAllBytes(File("state.safetensors"), bytes);

        AssertRefused(File("state.safetensors"), "has the SHA-256");
    }

    [Fact]
    public void Refuses_a_manifest_with_any_byte_changed_or_reads_the_same_in_it()
    {
        var whole = System.IO.File.ReadAllBytes(File("manifest.json"));
        var expected = JsonSerializer.Serialize(TrainingCheckpoint.Check(_checkpoint));
        for (var place = 0; place < whole.Length; place++)
        {
            var changed = whole.ToArray();
            changed[place] ^= 1;
            System.IO.File.WriteAllBytes(File("manifest.json"), changed);
            try
            {
                Assert.Equal(expected, JsonSerializer.Serialize(TrainingCheckpoint.Check(_checkpoint))); // a space, a carriage return
            }
            catch (AdapterException refused)
            {
                Assert.StartsWith($"'{File("manifest.json")}'", refused.Message, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("", "is no valid manifest")]
    [InlineData("{\"format\": 1}", "is no valid manifest")]
    [InlineData("null", "is empty")]
    [InlineData("{\"format\": 1, \"attempt\"", "is no valid manifest")]
    public void Refuses_a_broken_manifest(string content, string fault)
    {
        System.IO.File.WriteAllText(File("manifest.json"), content);

        AssertRefused(File("manifest.json"), fault);
    }

    [Fact]
    public void Refuses_a_format_of_the_future()
    {
        var manifest = System.IO.File.ReadAllText(File("manifest.json"));
        System.IO.File.WriteAllText(File("manifest.json"), manifest.Replace("\"format\": 2", "\"format\": 3"));

        AssertRefused(File("manifest.json"), "is of format 3; this program reads format 2");
    }

    private string File(string name) => Path.Combine(_checkpoint, name);

    private void AssertRefused(string file, string fault)
    {
        using var training = new TinyTraining(_folder.Path, new TrainingOptions { Steps = 4, CheckpointEvery = 3 });

        var error = Assert.Throws<AdapterException>(() => training.Run(_checkpoint));

        Assert.StartsWith($"'{file}'", error.Message);
        Assert.Contains(fault, error.Message);
    }
}
