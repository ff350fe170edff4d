using Experiments.Comparison;
using Xunit;

namespace Experiments.Tests.Comparison;

public sealed class PairedTestsTests
{
    [Fact]
    public void Sign_flips_are_counted_by_hand()
    {
        // ±3 ±1 ±1 gives |sum| 5, 3, 3, 1 twice each; observed is 3, and six of eight reach it.
        Assert.Equal(0.75, SignFlip.PValue([3, 1, -1]));
    }

    [Fact]
    public void Five_pairs_of_one_sign_reach_two_of_thirty_two()
    {
        Assert.Equal(0.0625, SignFlip.PValue([0.1, 0.2, 0.3, 0.1, 0.2]));
    }

    [Fact]
    public void Ties_of_sums_count_although_they_differ_in_their_last_bits()
    {
        // 0.1 + 0.2 - 0.3 is not quite 0 in binary; every pattern reaches a sum of 0.
        Assert.Equal(1, SignFlip.PValue([0.1, 0.2, -0.3]));
    }

    [Fact]
    public void More_than_twelve_pairs_are_drawn_and_never_give_zero()
    {
        double[] onesided = [.. Enumerable.Repeat(0.5, 30)];

        Assert.Equal(1.0 / 10_001, SignFlip.PValue(onesided));
    }

    [Fact]
    public void Drawn_flips_agree_with_counted_ones()
    {
        // Twelve differences and a thirteenth of zero, which changes no sum: the one way counts, the other draws.
        double[] twelve = [0.4, -0.1, 0.3, 0.2, -0.3, 0.5, 0.1, -0.2, 0.3, 0.2, 0.1, -0.4];

        Assert.Equal(SignFlip.PValue(twelve), SignFlip.PValue([.. twelve, 0]), 0.015);
    }

    [Theory]
    [InlineData(1, 0.05, 6)] // 2/32 = 0.0625, 2/64 = 0.03125
    [InlineData(1, 0.0625, 5)]
    [InlineData(3, 0.05, 7)] // 3 · 2/64 = 0.094, 3 · 2/128 = 0.047
    [InlineData(8, 0.05, 9)] // 8 · 2/256 = 0.0625, 8 · 2/512 = 0.03125
    [InlineData(2, 0.01, 9)] // 2 · 2/256 = 0.0156, 2 · 2/512 = 0.0078
    public void The_least_number_of_pairs_is_the_first_whose_least_p_remains_small_when_it_is_corrected(
        int comparisons, double level, int pairs)
    {
        Assert.Equal(pairs, SignFlip.LeastPairs(comparisons, level));

        Assert.True(Least(pairs) <= level);
        Assert.True(Least(pairs - 1) > level);

        double Least(int count) => Holm.Correct(
            [.. Enumerable.Repeat(SignFlip.PValue([.. Enumerable.Repeat(1.0, count)]), comparisons)]).Min();
    }

    [Theory]
    [InlineData(0.0625, 1.0, 2.0, 3.0, 4.0, 5.0)] // all positive: 2 of 32
    [InlineData(0.0390625, 1.0, 2.0, -3.0, 4.0, 5.0, 6.0, 7.0, 8.0)] // W- = 3: {}, {1}, {2}, {3}, {1,2}, twice, of 256
    [InlineData(0.125, 1.0, 1.0, -1.0, 2.0, 2.0, 0.0, 3.0)] // without the zero: ranks 2 2 2 4.5 4.5 6, W- = 2
    [InlineData(1.0, 0.0, 0.0, 0.0, 0.0, 0.0)]
    public void Wilcoxon_counts_rank_sums(double expected, params double[] differences)
    {
        Assert.Equal(expected, WilcoxonSignedRank.PValue(differences), 1e-12);
    }

    [Theory]
    [InlineData(1.0 / 32, 1.0, 2.0, 3.0, 4.0, 5.0)]
    [InlineData(1.0, -1.0, -2.0, -3.0, -4.0, -5.0)]
    [InlineData(7.0 / 16, 1.0, 2.0, 3.0, -4.0)] // W- = 4: {}, {1}, {2}, {3}, {4}, {1,2}, {1,3}
    [InlineData(1.0, 0.0, 0.0)]
    public void Wilcoxon_of_one_side_counts_the_rank_sums_that_are_no_smaller(double expected, params double[] differences)
    {
        Assert.Equal(expected, WilcoxonSignedRank.PValueOfGreater(differences), 1e-12);
    }

    [Fact]
    public void Wilcoxon_looks_at_both_sides_alike()
    {
        double[] differences = [0.3, -0.1, 0.25, 0.4, -0.05, 0.2];
        double[] mirrored = [.. differences.Select(difference => -difference)];

        Assert.Equal(WilcoxonSignedRank.PValue(differences), WilcoxonSignedRank.PValue(mirrored));
    }

    [Fact]
    public void Holm_multiplies_stepwise_and_never_falls()
    {
        var corrected = Holm.Correct([0.01, 0.04, 0.03, 0.9]);

        Assert.Equal([0.04, 0.09, 0.09, 0.9], corrected, (left, right) => Math.Abs(left - right) < 1e-12);
    }

    [Fact]
    public void Holm_stops_at_one()
    {
        Assert.Equal([1, 1], Holm.Correct([0.6, 0.7]));
    }

    [Fact]
    public void Holm_of_nothing_is_nothing()
    {
        Assert.Empty(Holm.Correct([]));
    }
}
