using GpuActors.Coordination;
using GpuActors.Tests.Doubles;
using Xunit;

namespace GpuActors.Tests.Coordination;

public sealed class LeaseClockTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private readonly ManualTime _time = new();
    private readonly LeaseClock _clock;

    public LeaseClockTests() => _clock = new LeaseClock(_time, Lease);

    [Fact]
    public void A_worker_that_is_silent_for_longer_than_its_lease_has_lost_it()
    {
        _clock.Renew("silent");
        Look(seconds: 12);
        _clock.Renew("beating");

        Assert.Empty(Look(seconds: 18));
        Assert.Equal(["silent"], Look(seconds: 1));
    }

    [Fact]
    public void An_hour_in_which_the_coordinator_slept_counts_as_a_quarter_of_a_lease()
    {
        _clock.Renew("worker");

        _time.Advance(TimeSpan.FromHours(1));
        Assert.Empty(_clock.Expired());
        Assert.Empty(Look(seconds: 22));
        Assert.Equal(["worker"], Look(seconds: 1));
    }

    [Fact]
    public void A_worker_that_beats_first_after_the_sleep_has_its_whole_lease()
    {
        _clock.Renew("worker");

        _time.Advance(TimeSpan.FromHours(1));
        _clock.Renew("worker");
        Assert.Empty(Look(seconds: 30));
    }

    [Fact]
    public void A_worker_that_is_gone_does_not_expire()
    {
        _clock.Renew("worker");
        _clock.Forget("worker");

        Assert.Empty(Look(seconds: 60));
    }

    /// <summary>What has expired after so many looks, one a second.</summary>
    private IReadOnlyList<string> Look(int seconds)
    {
        IReadOnlyList<string> expired = [];
        for (var second = 0; second < seconds; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            expired = _clock.Expired();
        }

        return expired;
    }
}
