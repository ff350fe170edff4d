using Experiments.Comparison;
using Experiments.Reports;
using Xunit;

namespace Experiments.Tests.Reports;

public sealed class DigitsTests
{
    [Theory]
    [InlineData(0.0045, 3)] // 0.884 ± 0.0045
    [InlineData(0.0031, 4)] // begins below 3.55, so two of its digits count
    [InlineData(0.04, 2)]
    [InlineData(0.9, 1)]
    [InlineData(1.2, 1)]
    [InlineData(5, 0)]
    [InlineData(40, -1)]
    public void An_interval_decides_how_many_decimals_are_shown(double halfWidth, int decimals)
    {
        Assert.Equal(decimals, Digits.Decimals(halfWidth));
    }

    [Theory]
    [InlineData(0.87512, 0.8705, 0.8797, "0.875", "[0.871, 0.880]")] // 0.8705 lies a hair above in binary
    [InlineData(-0.00004, -0.0051, 0.0050, "0.000", "[-0.005, 0.005]")]
    [InlineData(512.4, 470, 550, "510", "[470, 550]")]
    public void Mean_and_interval_have_the_same_decimals(double mean, double low, double high, string shown, string interval)
    {
        var estimate = new Estimate(8, mean, 0.1, 0, 1, new Interval(low, high, IntervalKind.Bootstrap));

        Assert.Equal((shown, interval), (Digits.Mean(estimate), Digits.Interval(estimate)));
    }

    [Fact]
    public void A_difference_has_its_sign()
    {
        var estimate = new Estimate(8, 0.0091, 0.1, 0, 1, new Interval(0.0051, 0.0131, IntervalKind.Bootstrap));

        Assert.Equal("+0.009 [+0.005, +0.013]", $"{Digits.Mean(estimate, signed: true)} {Digits.Interval(estimate, signed: true)}");
    }

    [Fact]
    public void Without_an_interval_three_digits_are_shown()
    {
        var estimate = new Estimate(1, 12.3456, null, 12.3456, 12.3456, null);

        Assert.Equal(("12.3", ""), (Digits.Mean(estimate), Digits.Interval(estimate)));
    }

    [Fact]
    public void Equal_seeds_are_called_that()
    {
        var estimate = Estimate.Of([0.41253, 0.41253], 0.95);

        Assert.Equal(("0.4125", "all equal"), (Digits.Mean(estimate), Digits.Interval(estimate)));
    }

    [Theory]
    [InlineData(0.0234, "0.023")]
    [InlineData(0.3, "0.30")]
    [InlineData(1, "1.0")]
    [InlineData(0.0004, "<0.001")]
    public void A_p_value_has_two_digits(double p, string shown)
    {
        Assert.Equal(shown, Digits.P(p));
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(512, "512")]
    [InlineData(786_432, "786 k")]
    [InlineData(1_310_720, "1.31 M")]
    [InlineData(999_600, "1.00 M")]
    [InlineData(93_700_000, "93.7 M")]
    [InlineData(1_100_000_000, "1.10 B")]
    public void Counts_have_three_digits(long count, string shown)
    {
        Assert.Equal(shown, Digits.Count(count));
    }

    [Theory]
    [InlineData(512, "512 B")]
    [InlineData(1_500, "2 kB")]
    [InlineData(412_000_000, "412 MB")]
    [InlineData(9_800_000_000, "9.8 GB")]
    public void Bytes_are_decimal(long bytes, string shown)
    {
        Assert.Equal(shown, Digits.Bytes(bytes));
    }

    [Theory]
    [InlineData(8.24, "8.2 s")]
    [InlineData(59.96, "1:00")]
    [InlineData(680, "11:20")]
    [InlineData(7509, "2:05:09")]
    [InlineData(100_000, "27:46:40")]
    public void Times_are_clocks_from_a_minute_on(double seconds, string shown)
    {
        Assert.Equal(shown, Digits.Duration(TimeSpan.FromSeconds(seconds)));
    }

    [Theory]
    [InlineData(0.00031622, "0.000316")]
    [InlineData(0.9996, "1.00")]
    [InlineData(1234, "1234")]
    [InlineData(-2.5, "-2.50")]
    [InlineData(0, "0")]
    public void Significant_digits_are_counted_from_the_first(double value, string shown)
    {
        Assert.Equal(shown, Digits.Significant(value, 3));
    }

    [Theory]
    [InlineData(0.05, "0.05")]
    [InlineData(0.00031622, "3.16e-4")]
    [InlineData(2_000_000, "2e6")]
    [InlineData(0, "0")]
    [InlineData(-0.0005, "-5e-4")]
    public void Short_numbers_have_no_zeros_at_the_end(double value, string shown)
    {
        Assert.Equal(shown, Digits.Short(value));
    }
}
