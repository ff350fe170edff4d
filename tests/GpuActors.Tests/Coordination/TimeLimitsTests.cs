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
        At(0, new SweepEvent.AttemptStarted(First, 1, 1, 0));
        At(40, new SweepEvent.AttemptEnded(First, 2, new AttemptOutcome.Paused(5), TimeSpan.Zero));
        At(1_000, new SweepEvent.AttemptStarted(Second, 1, 1, 5));

        Assert.Empty(_limits.Overdue(Time(1_020), OneMinute));
        Assert.Equal([Second], _limits.Overdue(Time(1_021), OneMinute));
    }

    [Fact]
    public void An_attempt_that_is_over_is_never_overdue()
    {
        At(0, new SweepEvent.AttemptStarted(First, 1, 1, 0));
        At(40, new SweepEvent.AttemptEnded(First, 2, new AttemptOutcome.Paused(5), TimeSpan.Zero));

        Assert.Empty(_limits.Overdue(Time(10_000), OneMinute));
    }

    [Fact]
    public void Without_a_limit_nothing_is_overdue()
    {
        At(0, new SweepEvent.AttemptStarted(First, 1, 1, 0));

        Assert.Empty(_limits.Overdue(Time(1_000_000), new Limits()));
    }

    private void At(int second, SweepEvent recorded) => _limits.Apply(new RecordedEvent("s", 1, Time(second), recorded));

    private static DateTimeOffset Time(int second) => DateTimeOffset.UnixEpoch.AddSeconds(second);
}
