using Experiments.Comparison;
using Xunit;

namespace Experiments.Tests.Comparison;

public sealed class EstimateTests
{
    [Fact]
    public void Three_values_get_a_t_interval()
    {
        var estimate = Estimate.Of([1, 2, 3], 0.95);

        // mean 2, sd 1, and t(0.975; 2) = 4.302653 from the table: 4.302653 / sqrt(3) = 2.484138
        Assert.Equal((3, 2.0, 1.0), (estimate.Count, estimate.Mean, estimate.StandardDeviation));
        Assert.Equal(IntervalKind.T, estimate.Interval!.Kind);
        Assert.Equal(-0.484138, estimate.Interval.Low, 1e-5);
        Assert.Equal(4.484138, estimate.Interval.High, 1e-5);
    }

    [Fact]
    public void The_confidence_asked_for_is_the_one_given()
    {
        var estimate = Estimate.Of([1, 2, 3, 4], 0.90);

        // sd 1.290994, t(0.95; 3) = 2.353363: 2.353363 * 1.290994 / 2 = 1.519089
        Assert.Equal(2.5 - 1.519089, estimate.Interval!.Low, 1e-5);
        Assert.Equal(2.5 + 1.519089, estimate.Interval.High, 1e-5);
    }

    [Fact]
    public void Five_values_get_the_bias_corrected_bootstrap()
    {
        var estimate = Estimate.Of([0.81, 0.84, 0.79, 0.90, 0.83], 0.95);

        // All 3125 resamples enumerated: z0 = 0.058588, interval [0.806, 0.872]. Drawn ones may fall on a neighbouring mean.
        Assert.Equal(0.834, estimate.Mean, 1e-12);
        Assert.Equal(0.041593, estimate.StandardDeviation!.Value, 1e-6);
        Assert.Equal(IntervalKind.Bootstrap, estimate.Interval!.Kind);
        Assert.Equal(0.806, estimate.Interval.Low, 0.0021);
        Assert.Equal(0.872, estimate.Interval.High, 0.0021);
    }

    [Fact]
    public void The_correction_follows_a_skewed_sample()
    {
        double[] skewed = [0, 0, 0, 0, 0, 0, 0, 1, 2, 9];

        var estimate = Estimate.Of(skewed, 0.95);

        // Most resampled means lie below the mean, so the corrected interval reaches further up than down.
        Assert.True(estimate.Interval!.High - estimate.Mean > 1.5 * (estimate.Mean - estimate.Interval.Low));
    }

    [Fact]
    public void The_same_sample_gets_the_same_interval_to_the_last_bit()
    {
        double[] values = [0.3, 0.1, 0.7, 0.4, 0.4, 0.9];

        Assert.Equal(Estimate.Of(values, 0.95), Estimate.Of(values, 0.95));
    }

    [Fact]
    public void Equal_values_have_no_spread_even_where_their_sum_rounds()
    {
        double[] values = [0.1, 0.1, 0.1, 0.1, 0.1, 0.1]; // the sum is 0.6 less one bit

        var estimate = Estimate.Of(values, 0.95);

        Assert.Equal(new Estimate(6, 0.1, 0, 0.1, 0.1, new Interval(0.1, 0.1, IntervalKind.Constant)), estimate);
    }

    [Fact]
    public void One_value_has_neither_deviation_nor_interval()
    {
        Assert.Equal(new Estimate(1, 0.5, null, 0.5, 0.5, null), Estimate.Of([0.5], 0.95));
    }
}
