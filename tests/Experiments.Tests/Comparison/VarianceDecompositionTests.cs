using Experiments.Comparison;
using MathNet.Numerics.Random;
using Xunit;

namespace Experiments.Tests.Comparison;

public sealed class VarianceDecompositionTests
{
    [Fact]
    public void Of_a_tree_the_shares_are_exact()
    {
        // 0 on the left half; on the right 2 below and 4 above. Mean 1.5, variance 5 - 2.25 = 2.75.
        // Along x the means are 0 and 3: 2.25. Along y 1 and 2: 0.25. The rest, 0.25, is what they do together.
        var shares = VarianceDecomposition.OfTree(
        [
            new([0, 0], [0.5, 1], 0), new([0.5, 0], [1, 0.5], 2), new([0.5, 0.5], [1, 1], 4),
        ]);

        Assert.Equal([2.25 / 2.75, 0.25 / 2.75], shares.Alone, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal([2.5 / 2.75, 0.5 / 2.75], shares.InAll, (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Fact]
    public void A_tree_of_one_leaf_shares_out_nothing()
    {
        var shares = VarianceDecomposition.OfTree([new([0], [1], 7)]);

        Assert.Equal((0, 0), (shares.Alone[0], shares.InAll[0]));
    }

    [Fact]
    public void Of_a_sum_each_term_has_its_share()
    {
        // Variances go by the squares of 4, 2 and 1.
        var shares = Study(300, 4, x => 4 * x[0] + 2 * x[1] + x[2]);

        Assert.Equal([16 / 21.0, 4 / 21.0, 1 / 21.0, 0], shares.Alone, (truth, found) => Math.Abs(truth - found) < 0.06);
        Assert.All(shares.Alone.Zip(shares.InAll), each => Assert.True(each.Second >= each.First - 1e-9));
    }

    [Fact]
    public void What_acts_only_together_is_found_in_all_and_not_alone()
    {
        var shares = Study(300, 3, x => x[0] > 0.5 != x[1] > 0.5 ? 1 : 0);

        Assert.All(shares.Alone, share => Assert.InRange(share, 0, 0.1));
        Assert.All(shares.InAll[..2], share => Assert.InRange(share, 0.85, 1));
        Assert.InRange(shares.InAll[2], 0, 0.25); // the first splits are by chance: alone nothing lowers the squares
    }

    [Fact]
    public void Of_ishigamis_function_the_shares_are_the_known_ones()
    {
        // Sobol and Levitan 1999, a = 7, b = 0.1: the third acts with the first alone. A forest of 600 points smooths a little.
        var shares = Study(600, 3, x =>
        {
            double Angle(int k) => Math.PI * (2 * x[k] - 1);
            return Math.Sin(Angle(0)) + 7 * Math.Pow(Math.Sin(Angle(1)), 2) + 0.1 * Math.Pow(Angle(2), 4) * Math.Sin(Angle(0));
        });

        Assert.Equal([0.3139, 0.4424, 0], shares.Alone, (truth, found) => Math.Abs(truth - found) < 0.15);
        Assert.Equal([0.5576, 0.4424, 0.2437], shares.InAll, (truth, found) => Math.Abs(truth - found) < 0.2);
    }

    [Fact]
    public void What_depends_on_a_choice_counts_where_it_is_there()
    {
        // With the first at the right the second adds itself, else one half whatever it were: of the variance, half lies between
        // values of the second alone, half in both together.
        var random = new Xoshiro256StarStar(3, threadSafe: false);
        double[][] points = [.. Enumerable.Range(0, 400).Select(_ => (double[])
            [random.Next(2) == 0 ? 0.25 : 0.75, random.NextDouble(), random.NextDouble()])];
        double[] values = [.. points.Select(x => x[0] > 0.5 ? x[1] : 0.5)];
        foreach (var point in points.Where(point => point[0] < 0.5))
            point[1] = double.NaN;

        var shares = VarianceDecomposition.Of(points, values, random);

        Assert.Equal([0, 0.5, 0], shares.Alone, (truth, found) => Math.Abs(truth - found) < 0.1);
        Assert.Equal([0.5, 1, 0], shares.InAll, (truth, found) => Math.Abs(truth - found) < 0.1);
    }

    private static VarianceDecomposition Study(int count, int dimensions, Func<double[], double> of)
    {
        var random = new Xoshiro256StarStar(11, threadSafe: false);
        double[][] points = [.. Enumerable.Range(0, count).Select(_ => random.NextDoubles(dimensions))];
        return VarianceDecomposition.Of(points, [.. points.Select(of)], random);
    }
}
