using Experiments.Samplers.GaussianProcesses;
using Xunit;

namespace Experiments.Tests.Samplers.GaussianProcesses;

public sealed class LogWarpTests
{
    [Fact]
    public void Distances_are_counted_from_the_best_in_units_of_the_median()
    {
        Assert.Equal([0.5, 0, 1, 2.5, 1.5], LogWarp.Distances([-4, -5, -3, 0, -2]));
    }

    [Fact]
    public void An_order_stays_an_order_and_the_largest_numbers_stay_finite()
    {
        var distances = LogWarp.Distances([double.MaxValue, -double.MaxValue, 0, 3, 1e-300]);

        Assert.All(distances, distance => Assert.True(double.IsFinite(distance)));
        Assert.Equal(0, distances[1]);
        Assert.Equal(distances.Max(), distances[0]);
    }

    [Fact]
    public void Equal_values_have_no_distance_and_ties_at_the_best_still_leave_a_unit()
    {
        Assert.Equal([0.0, 0, 0], LogWarp.Distances([3, 3, 3]));
        Assert.Equal([0.0, 0, 0, 1], LogWarp.Distances([3, 3, 3, 7]));
    }

    [Fact]
    public void A_weak_warp_leaves_ratios_and_a_strong_one_draws_the_bad_together()
    {
        Assert.Equal(100, LogWarp.Of(100, 1e-6) / LogWarp.Of(1, 1e-6), 0.01);
        Assert.Equal(2, LogWarp.Of(1e4, 1) / LogWarp.Of(1e2, 1), 0.01);
    }
}
