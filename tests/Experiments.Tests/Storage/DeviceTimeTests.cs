using System.Collections.Immutable;
using Experiments.Storage;
using Experiments.Trials;
using Xunit;

namespace Experiments.Tests.Storage;

/// <summary>What an attempt counts for, by hand; times are seconds.</summary>
public sealed class DeviceTimeTests
{
    private static readonly AttemptId First = new(new TrialId(3), 1);
    private static readonly AttemptId Second = new(new TrialId(3), 2);
    private static readonly AttemptId Other = new(new TrialId(4), 1);

    private readonly DeviceTime _time = new();

    [Fact]
    public void Counts_what_each_attempt_says_that_it_took_on_all_devices_together()
    {
        At(0, Leased(First));
        At(2, Leased(Other));
        At(50, Ended(First, new AttemptOutcome.Paused(5), elapsed: 45));
        At(60, Ended(Other, new AttemptOutcome.Paused(5), elapsed: 57));

        Assert.Equal(102, Total(now: 1_000));
    }

    [Fact]
    public void Counts_an_attempt_that_was_taken_from_its_worker_until_then()
    {
        At(10, Leased(First));
        At(40, Ended(First, new AttemptOutcome.Paused(0)));

        Assert.Equal(30, Total(now: 1_000));
    }

    [Fact]
    public void Counts_a_lost_attempt_until_its_last_report()
    {
        At(10, Leased(First));
        At(12, new SweepEvent.AttemptStarted(First, 1, 1, 0));
        At(70, new SweepEvent.MetricReported(First, 2, 5, ImmutableSortedDictionary<string, double>.Empty));
        At(80, new SweepEvent.CheckpointSaved(First, 3, 5, "five", 1));
        At(90_000, Ended(First, new AttemptOutcome.Failed(FailureCause.Lost, "No sign of life.", 5)));

        Assert.Equal(70, Total(now: 100_000));
    }

    [Fact]
    public void Counts_what_is_in_hand_until_now_and_what_nobody_has_claimed_until_its_last_report()
    {
        At(0, Leased(First));
        At(5, Leased(Other));
        At(20, new SweepEvent.AttemptStarted(Other, 1, 1, 0));

        Assert.Equal(0 + 15, Total(now: 100));
        Assert.Equal(100 + 15, Total(now: 100, First));
        Assert.Equal(100 + 95, Total(now: 100, First, Other));
    }

    [Fact]
    public void The_earlier_attempts_of_a_trial_count_for_it()
    {
        At(0, Leased(First));
        At(40, Ended(First, new AttemptOutcome.Paused(5), elapsed: 38));
        At(1_000, Leased(Second));

        Assert.Equal(TimeSpan.FromSeconds(38 + 20), _time.OfTrial(Second, Time(1_020)));
        Assert.Equal([Second], _time.Open);
    }

    private double Total(int now, params AttemptId[] inHand) => _time.Total(Time(now), inHand.ToHashSet()).TotalSeconds;

    private static SweepEvent.TrialLeased Leased(AttemptId attempt) => new(attempt, "anna", "cpu:0", "here");

    private static SweepEvent.AttemptEnded Ended(AttemptId attempt, AttemptOutcome outcome, int elapsed = 0) =>
        new(attempt, 2, outcome, TimeSpan.FromSeconds(elapsed));

    private void At(int second, SweepEvent recorded) => _time.Apply(new RecordedEvent("s", 1, Time(second), recorded));

    private static DateTimeOffset Time(int second) => DateTimeOffset.UnixEpoch.AddSeconds(second);
}
