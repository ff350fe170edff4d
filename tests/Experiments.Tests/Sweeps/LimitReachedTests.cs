using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Sweeps;

public sealed class LimitReachedTests
{
    [Fact]
    public void Device_time_is_reached_when_it_is_used_up_and_can_be_raised()
    {
        var limits = new Limits { DeviceTime = TimeSpan.FromHours(40) };

        Assert.Null(LimitReached.Of(limits, TimeSpan.FromDays(9), TimeSpan.FromHours(40) - TimeSpan.FromSeconds(1)));
        Assert.Equal(
            new LimitReached(
                "The limit of 1d16h of device time is reached: 1d16h12s are used up.", "limits.device_time=3d8h"),
            LimitReached.Of(limits, TimeSpan.Zero, TimeSpan.FromSeconds(40 * 3600 + 12)));
    }

    [Fact]
    public void A_cost_is_reached_by_the_price_of_the_device_time()
    {
        var limits = new Limits { Cost = 120, PricePerDeviceHour = 2.5 };

        Assert.Equal(TimeSpan.FromHours(48), limits.Budget);
        Assert.Null(LimitReached.Of(limits, TimeSpan.Zero, TimeSpan.FromHours(47.9)));
        Assert.Equal(
            new LimitReached("The limit of 120 for the cost is reached: 2d of device time at 2.5 an hour.", "limits.cost=240"),
            LimitReached.Of(limits, TimeSpan.Zero, TimeSpan.FromHours(48)));
    }

    [Fact]
    public void The_first_of_several_counts()
    {
        var limits = new Limits
        {
            Wall = TimeSpan.FromHours(6), DeviceTime = TimeSpan.FromHours(40), Cost = 50, PricePerDeviceHour = 2,
        };

        Assert.Equal(TimeSpan.FromHours(25), limits.Budget);
        Assert.Null(LimitReached.Of(limits, TimeSpan.FromHours(6), TimeSpan.FromHours(24)));
        Assert.Equal("limits.cost=100", LimitReached.Of(limits, TimeSpan.Zero, TimeSpan.FromHours(25))!.Raise);
        Assert.Equal(
            new LimitReached("The time limit of 6h for a run is reached.", Raise: null),
            LimitReached.Of(limits, TimeSpan.FromHours(6.1), TimeSpan.FromHours(24)));
    }
}
