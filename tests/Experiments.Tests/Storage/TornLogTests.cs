using Experiments.Storage;
using Xunit;
using static Experiments.Tests.Storage.StoredHistory;

namespace Experiments.Tests.Storage;

/// <summary>What a power cut can leave of the log: any part of the commit that was being written, and nothing less before it.</summary>
public sealed class TornLogTests : IDisposable
{
    private const int Record = 8192 + 4;
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _warnings = [];
    private readonly long[] _lengths;

    /// <summary>Three commits, their ends known, and the files as they are when the process dies.</summary>
    public TornLogTests()
    {
        using var original = new TemporaryFolder();
        using var store = LiteDbStore.Open(original.Path);
        _lengths =
        [
            .. Enumerable.Range(0, 3).Select(commit =>
            {
                store.Append(StoredHistory.Record("example", commit * 10 + 1, Endless().Skip(commit * 10).Take(10)));
                return new FileInfo(original.File("store.log")).Length;
            }),
        ];
        foreach (var file in new[] { "store.db", "store.log" })
            File.Copy(original.File(file), _folder.File(file));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_whole_log_is_read_to_its_end_without_a_word()
    {
        Assert.Equal(30, Events());
        Assert.Empty(_warnings);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4000)]
    [InlineData(Record)]
    [InlineData(Record + 1)]
    public void A_commit_that_lacks_its_end_is_cut(int missing)
    {
        Log(file => file.SetLength(_lengths[2] - missing));

        Assert.Equal(20, Events());
        Assert.Matches(@"store\.log: \d+ bytes of an unfinished commit are cut\.", Assert.Single(_warnings));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4096)]
    public void A_commit_with_a_page_that_did_not_reach_the_disk_is_cut_though_its_last_page_did(int from)
    {
        Log(file =>
        {
            file.Position = _lengths[1] + from;
            file.Write(new byte[4096]);
        });

        Assert.Equal(20, Events());
        Assert.Single(_warnings);
    }

    [Fact]
    public void A_log_of_zeros_is_no_log()
    {
        Log(file =>
        {
            file.Position = 0;
            file.Write(new byte[_lengths[2]]);
        });

        using var store = LiteDbStore.Open(_folder.Path, _warnings.Add);

        Assert.Empty(store.Sweeps());
        Assert.Single(_warnings);
    }

    [Fact]
    public void Damage_before_whole_commits_is_told_from_an_unfinished_one()
    {
        Log(file =>
        {
            file.Position = _lengths[0] + 100;
            file.Write(new byte[100]);
        });

        Assert.Equal(10, Events());
        Assert.EndsWith("a page is damaged; 2 commits after it are cut.", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_reader_leaves_out_what_a_writer_would_cut_and_changes_nothing()
    {
        Log(file => file.SetLength(_lengths[2] - 1));

        using var copy = LiteDbStore.OpenForReading(_folder.Path);

        Assert.Equal(20, copy.Read("example").Count());
        Assert.Equal(_lengths[2] - 1, new FileInfo(_folder.File("store.log")).Length);
    }

    private int Events()
    {
        using var store = LiteDbStore.Open(_folder.Path, _warnings.Add);
        return store.Read("example").Count();
    }

    private void Log(Action<FileStream> change)
    {
        using var file = File.OpenWrite(_folder.File("store.log"));
        change(file);
    }
}
