using Experiments.Storage;
using Experiments.Trials;
using GpuActors.Coordination;
using GpuActors.Tests.Doubles;
using Xunit;

namespace GpuActors.Tests.Coordination;

public sealed class StoreWriterTests
{
    private readonly Disk _disk = new();

    [Fact]
    public async Task Says_that_events_are_durable_only_when_they_are_and_in_order()
    {
        await using var writer = await OpenAsync();
        var seen = new List<int>();
        var last = new TaskCompletionSource();

        for (var number = 1; number <= 1_000; number++)
        {
            var mine = number;
            writer.Append([Event(number)], _ =>
            {
                seen.Add(_disk.Events.Count >= mine ? mine : -mine);
                if (mine == 1_000)
                    last.SetResult();
            });
        }

        await last.Task;
        Assert.Equal(Enumerable.Range(1, 1_000), seen);
        Assert.Equal(Enumerable.Range(1, 1_000), _disk.Events.Select(recorded => (int)recorded.Number));
    }

    [Fact]
    public async Task Commits_together_what_came_while_it_was_busy()
    {
        await using var writer = await OpenAsync();
        using var busy = new ManualResetEventSlim();
        var blocked = writer.ReadAsync(_ =>
        {
            busy.Wait();
            return 0;
        });
        for (var number = 1; number <= 2_500; number++)
            writer.Append([Event(number)], _ => { });

        busy.Set();
        await blocked;
        await writer.ReadAsync(_ => 0);

        Assert.Equal([1_024, 1_024, 452], _disk.Commits);
    }

    [Fact]
    public async Task Reads_see_what_was_appended_before_them()
    {
        await using var writer = await OpenAsync();
        writer.Append([Event(1), Event(2)], _ => { });

        var numbers = await writer.ReadAsync(store => store.Read("s").Select(recorded => recorded.Number).ToList());

        Assert.Equal([1, 2], numbers);
    }

    [Fact]
    public async Task A_full_disk_is_told_once_and_tried_again_until_there_is_room()
    {
        await using var writer = await OpenAsync();
        var troubles = new List<string?>();
        var mended = new TaskCompletionSource();
        writer.Troubled += reason =>
        {
            troubles.Add(reason);
            _disk.Full = troubles.Count == 1 ? "The disk is broken." : null;
            if (reason is null)
                mended.SetResult();
        };
        _disk.Full = "The disk is full.";
        var durable = false;

        writer.Append([Event(1)], _ => durable = true);
        await mended.Task;
        await writer.ReadAsync(_ => 0);

        Assert.Equal(["The disk is full.", "The disk is broken.", null], troubles);
        Assert.True(durable);
        Assert.Single(_disk.Events);
    }

    [Fact]
    public async Task A_store_that_cannot_write_when_it_is_closed_says_so_and_acknowledges_nothing()
    {
        var writer = await OpenAsync();
        _disk.Full = "The disk is full.";
        var durable = false;
        writer.Append([Event(1)], _ => durable = true);

        await writer.DisposeAsync();

        await Assert.ThrowsAsync<StoreException>(() => writer.Closed);
        Assert.False(durable);
    }

    [Fact]
    public async Task What_opening_throws_reaches_whoever_opens()
    {
        var refused = await Assert.ThrowsAsync<StoreException>(() =>
            StoreWriter.OpenAsync(() => throw new StoreException("In use by 4711."), TimeProvider.System));

        Assert.Equal("In use by 4711.", refused.Message);
    }

    private Task<StoreWriter> OpenAsync() => StoreWriter.OpenAsync(_disk.Open, TimeProvider.System, TimeSpan.FromMilliseconds(1));

    private static RecordedEvent Event(int number) => new("s", number, default, new SweepEvent.SweepResumed());
}
