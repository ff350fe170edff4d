using System.Text.Json.Nodes;
using Adapters.Tasks.Data;
using Xunit;

namespace Adapters.Tests.Tasks.Data;

public sealed class DataCacheTests : IDisposable
{
    private static readonly JsonObject Origin = new() { ["seed"] = 3, ["files"] = new JsonArray("a", "b") };
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void The_key_depends_on_values_and_not_on_the_order_of_members()
    {
        var key = DataCache.KeyOf(Origin);

        Assert.Equal(key, DataCache.KeyOf(JsonNode.Parse("""{"files":["a","b"],"seed":3}""")!));
        Assert.NotEqual(key, DataCache.KeyOf(JsonNode.Parse("""{"files":["b","a"],"seed":3}""")!));
        Assert.NotEqual(key, DataCache.KeyOf(JsonNode.Parse("""{"files":["a","b"],"seed":4}""")!));
    }

    [Fact]
    public void Makes_an_entry_once()
    {
        var cache = new DataCache(_folder.Path);
        var made = 0;

        var first = cache.Make("thing", Origin, Fill);
        var second = cache.Make("thing", Origin, Fill);

        Assert.Equal((1, first), (made, second));
        Assert.Equal("content", File.ReadAllText(Path.Combine(first, "file")));
        Assert.True(cache.Has("thing", DataCache.KeyOf(Origin)));

        void Fill(string folder)
        {
            made++;
            File.WriteAllText(Path.Combine(folder, "file"), "content");
        }
    }

    [Fact]
    public void Leaves_nothing_of_an_entry_that_could_not_be_made()
    {
        var cache = new DataCache(_folder.Path);

        Assert.Throws<IOException>(() => cache.Make("thing", Origin, folder =>
        {
            File.WriteAllText(Path.Combine(folder, "half"), "");
            throw new IOException("the disk is full");
        }));

        Assert.False(cache.Has("thing", DataCache.KeyOf(Origin)));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_folder.Path, "thing")));
    }

    [Fact]
    public void The_first_of_two_makers_at_once_wins_and_both_have_the_entry()
    {
        var cache = new DataCache(_folder.Path);

        var outer = cache.Make("thing", Origin, folder =>
        {
            File.WriteAllText(Path.Combine(folder, "by"), "the slow one");
            new DataCache(_folder.Path).Make("thing", Origin, inner => File.WriteAllText(Path.Combine(inner, "by"), "the fast one"));
        });

        Assert.Equal("the fast one", File.ReadAllText(Path.Combine(outer, "by")));
        Assert.Single(Directory.EnumerateDirectories(Path.Combine(_folder.Path, "thing")));
    }

    public void Dispose() => _folder.Dispose();
}
