using Experiments.Trials;
using GpuActors.Workers;
using Xunit;

namespace GpuActors.Tests.Workers;

public sealed class OutboxTests
{
    [Fact]
    public void Numbers_reports_from_1_and_forgets_what_is_acknowledged()
    {
        var outbox = new Outbox(capacity: 10);
        for (var step = 1; step <= 5; step++)
            outbox.Add(Report(step));

        outbox.Acknowledge(2);

        Assert.Equal([3, 4], outbox.After(0, count: 2).Select(item => item.Sequence));
        Assert.Equal([(5L, (Report)Report(5))], outbox.After(4, count: 9));
        Assert.Equal((5, 2), (outbox.Last, outbox.Acknowledged));
    }

    [Fact]
    public void An_old_or_repeated_acknowledgement_changes_nothing()
    {
        var outbox = new Outbox(capacity: 10);
        outbox.Add(Report(1));
        outbox.Acknowledge(1);

        outbox.Acknowledge(1);
        outbox.Acknowledge(0);
        outbox.Add(Report(2));

        Assert.Equal([2], outbox.After(0, count: 9).Select(item => item.Sequence));
    }

    [Fact]
    public async Task A_full_outbox_makes_the_training_wait_for_room()
    {
        var outbox = new Outbox(capacity: 3);
        var training = Task.Run(() =>
        {
            for (var step = 1; step <= 1_000; step++)
                outbox.Add(Report(step));
        });

        for (long recorded = 0; recorded < 1_000;)
        {
            Assert.InRange(outbox.Last - recorded, 0, 3);
            if (outbox.Last > recorded)
                outbox.Acknowledge(++recorded);
        }

        await training;
        Assert.Equal(1_000, outbox.Acknowledged);
    }

    [Fact]
    public async Task Nobody_waits_for_room_once_the_attempt_is_being_stopped()
    {
        var outbox = new Outbox(capacity: 1);
        outbox.Add(Report(1));

        var waiting = Task.Run(() => outbox.Add(Report(2)));
        outbox.LiftBound();
        await waiting;
        outbox.Add(Report(3));

        Assert.Equal(3, outbox.Last);
    }

    [Fact]
    public async Task A_closed_outbox_takes_nothing_and_keeps_nobody_waiting()
    {
        var outbox = new Outbox(capacity: 1);
        outbox.Add(Report(1));

        var waiting = Task.Run(() => outbox.Add(Report(2)));
        outbox.Close();
        await waiting;

        Assert.Empty(outbox.After(0, count: 9));
    }

    private static Report.Saved Report(int step) => new(step, "folder", 1);
}
