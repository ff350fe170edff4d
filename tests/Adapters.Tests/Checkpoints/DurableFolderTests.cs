using Adapters.Checkpoints;
using Xunit;

namespace Adapters.Tests.Checkpoints;

public sealed class DurableFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Appears_with_what_was_written()
    {
        DurableFolder.Write(_folder.File("a/b"), folder => DurableFile.WriteText(Path.Combine(folder, "x"), "content"));

        Assert.Equal("content", File.ReadAllText(_folder.File("a/b/x")));
        Assert.Equal(["b"], Directory.GetFileSystemEntries(_folder.File("a")).Select(Path.GetFileName));
    }

    [Fact]
    public void Leaves_nothing_where_the_writing_fails()
    {
        Assert.Throws<IOException>(() => DurableFolder.Write(_folder.File("a"), folder =>
        {
            DurableFile.WriteText(Path.Combine(folder, "x"), "content");
            throw new IOException("No space left on device");
        }));

        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Replaces_what_was_there_and_what_a_crash_left()
    {
        Directory.CreateDirectory(_folder.File("a.tmp"));
        File.WriteAllText(_folder.File("a.tmp/left"), "");
        DurableFolder.Write(_folder.File("a"), folder => DurableFile.WriteText(Path.Combine(folder, "old"), ""));

        DurableFolder.Write(_folder.File("a"), folder => DurableFile.WriteText(Path.Combine(folder, "new"), ""));

        Assert.Equal([_folder.File("a/new")], Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories));
    }
}
