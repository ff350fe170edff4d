using Adapters.Checkpoints;
using Xunit;

namespace Adapters.Tests.Checkpoints;

public sealed class DurableFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_failed_write_leaves_the_old_content_and_nothing_beside_it()
    {
        var path = _folder.File("state.json");
        DurableFile.WriteText(path, "old");

        Assert.Throws<InvalidOperationException>(() => DurableFile.Write(path, stream =>
        {
            stream.WriteByte(1);
            throw new InvalidOperationException();
        }));

        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_file_is_replaced_and_its_folder_made()
    {
        var path = Path.Combine(_folder.Path, "a", "b", "state.json");

        DurableFile.WriteText(path, "one");
        DurableFile.WriteText(path, "two");

        Assert.Equal("two", File.ReadAllText(path));
    }
}
