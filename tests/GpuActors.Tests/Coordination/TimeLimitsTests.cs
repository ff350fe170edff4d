using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;
using GpuActors.Coordination;
using Xunit;

namespace GpuActors.Tests.Coordination;

public sealed class TimeLimitsTests
{
    private static readonly Limits OneMinute = new() { Trial = TimeSpan.FromMinutes(1) };
    private static readonly AttemptId First = new(new TrialId(3), 1);
    private static readonly AttemptId Second = new(new TrialId(3), 2);

    private readonly TimeLimits _limits = new();

    [Fact]
    public void The_time_of_earlier_attempts_counts()
    {
        At(0, Leased(First));
        At(40, new SweepEvent.AttemptEnded(First, 2, new AttemptOutcome.Paused(5), TimeSpan.Zero));
        At(1_000, Leased(Second));

        Assert.Empty(Overdue(1_020, OneMinute, Second));
        Assert.Equal([Second], Overdue(1_021, OneMinute, Second));
    }

    [Fact]
    public void An_attempt_that_is_over_is_never_overdue()
    {
        At(0, Leased(First));
        At(40, new SweepEvent.AttemptEnded(First, 2, new AttemptOutcome.Paused(5), TimeSpan.Zero));

        Assert.Empty(Overdue(10_000, OneMinute, First));
    }

    [Fact]
    public void An_attempt_that_nobody_has_claimed_since_a_restart_is_not_overdue_by_the_time_between()
    {
        At(0, Leased(First));

        Assert.Empty(Overdue(10_000, OneMinute));
    }

    [Fact]
    public void Without_a_limit_nothing_is_overdue()
    {
        At(0, Leased(First));

        Assert.Empty(Overdue(1_000_000, new Limits(), First));
    }

    [Fact]
    public void The_sweep_has_reached_a_limit_by_what_all_its_attempts_took()
    {
        var limits = new Limits { DeviceTime = TimeSpan.FromSeconds(100) };
        At(0, Leased(First));
        At(40, new SweepEvent.AttemptEnded(First, 2, new AttemptOutcome.Paused(5), TimeSpan.FromSeconds(40)));
        At(1_000, Leased(Second));

        Assert.Null(_limits.Reached(Time(1_059), TimeSpan.Zero, limits, new HashSet<AttemptId> { Second }));
        Assert.Null(_limits.Reached(Time(2_000), TimeSpan.Zero, limits)); // nobody has claimed the second
        Assert.StartsWith(
            "The limit of 1m40s of device time is reached",
            _limits.Reached(Time(1_060), TimeSpan.Zero, limits, new HashSet<AttemptId> { Second })!.Reason, StringComparison.Ordinal);
    }

    private IReadOnlyList<AttemptId> Overdue(int now, Limits limits, params AttemptId[] inHand) =>
        _limits.Overdue(Time(now), limits, inHand.ToHashSet());

    private static SweepEvent.TrialLeased Leased(AttemptId attempt) => new(attempt, "w1", "cpu:0", "here");

    private void At(int second, SweepEvent recorded) => _limits.Apply(new RecordedEvent("s", 1, Time(second), recorded));

    private static DateTimeOffset Time(int second) => DateTimeOffset.UnixEpoch.AddSeconds(second);
}
