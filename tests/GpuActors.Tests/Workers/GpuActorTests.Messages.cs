using System.Collections.Immutable;
using Akka.Actor;
using Experiments.Trials;
using GpuActors.Workers;
using Xunit;
using static GpuActors.Protocol.WorkerProtocol;

namespace GpuActors.Tests.Workers;

/// <content>How few messages a trial that ends at once takes.</content>
public sealed partial class GpuActorTests
{
    [Fact]
    public async Task An_attempt_that_ends_at_once_is_told_of_in_one_message()
    {
        var worker = await JoinAsync(settings => settings with { StartWithin = TimeSpan.FromSeconds(1.5) });

        await BeginAsync(worker, First, attempt =>
        {
            attempt.Measure(1, 0.5);
            attempt.Finish();
        });

        var reported = await _coordinator.ExpectMsgAsync<Reported>();
        Assert.Equal([1, 2, 3], reported.Numbered().Select(each => each.Sequence));
        Assert.IsType<Report.Started>(reported.Report);
        Assert.IsType<Report.Ended>(reported.Then!.Value[^1]);
    }

    [Fact]
    public async Task The_next_attempt_says_that_the_end_of_the_one_before_is_recorded()
    {
        var worker = await JoinAsync();
        await BeginAsync(worker, First, attempt => attempt.Finish());
        await ReportsAsync(2);

        worker.Tell(new Assign(Term, Of(Second)));

        Assert.Equal(Second.Attempt, (await _runner.BegunAsync()).Assignment.Attempt);
    }

    [Fact]
    public async Task A_worker_that_leaves_begins_nothing_more_and_goes_when_the_next_attempt_comes()
    {
        var worker = await JoinAsync();
        var attempt = await BeginAsync(worker, First, _ => { });
        await ReportsAsync(1);
        worker.Tell(new GpuActor.Leave("told to"));
        await attempt.SaveWished;
        attempt.Pause();
        await ReportsAsync(1);

        worker.Tell(new Assign(Term, Of(Second)));

        await Expect(new Goodbye("w1", "told to"));
        Assert.Null(_bench.InHand);
    }

    [Fact]
    public void Reports_go_together_up_to_what_surely_fits_a_message()
    {
        static Report Measured(int letters) =>
            new Report.Measured(1, ImmutableSortedDictionary<string, double>.Empty.Add(new string('n', letters), 1));

        Assert.Empty(ReportGroups.Of([]));
        Assert.Equal([8, 2], ReportGroups.Of(Enumerable.Repeat(Measured(1), 10)).Select(group => group.Length));
        Assert.Equal(
            [2, 1, 1], ReportGroups.Of([Measured(4_000), Measured(96), Measured(1), Measured(60_000)]).Select(group => group.Length));
    }

    /// <summary>The reports of a message, as if each had come by itself.</summary>
    private static IEnumerable<Reported> Singly(Reported reported) =>
        reported.Numbered().Select(each => reported with { Sequence = each.Sequence, Report = each.Report, Then = null });
}
