using Experiments.Samplers;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Samplers;

public sealed class SobolSamplerTests
{
    private static readonly SobolSampler _scrambled = new(new SobolSampler.Options());
    private static readonly SobolSampler _plain = new(new SobolSampler.Options { Scramble = false });

    /// <summary>The points that Joe and Kuo print for three dimensions.</summary>
    [Fact]
    public void Unscrambled_the_points_are_the_published_ones()
    {
        double[][] published =
        [
            [0, 0, 0], [0.5, 0.5, 0.5], [0.75, 0.25, 0.25], [0.25, 0.75, 0.75], [0.375, 0.375, 0.625], [0.875, 0.875, 0.125],
            [0.625, 0.125, 0.875], [0.125, 0.625, 0.375], [0.1875, 0.3125, 0.9375], [0.6875, 0.8125, 0.4375],
        ];

        Assert.Equal(published, Enumerable.Range(0, 10).Select(index => _plain.Point(3, index, seed: 7, redraw: 0)));
    }

    [Fact]
    public void The_table_holds_primitive_polynomials_and_odd_numbers_that_fit_their_digits()
    {
        Assert.Equal(128, JoeKuo.Dimensions);
        Assert.Equal(127, JoeKuo.Rows.Select(row => (row[0], row[1])).Distinct().Count());
        Assert.All(JoeKuo.Rows, row =>
        {
            Assert.Equal(row[0], row.Length - 2);
            Assert.Equal((1 << row[0]) - 1, Order(row[0], (1 << row[0]) | (row[1] << 1) | 1));
            Assert.All(row[2..].Index(), each => Assert.True(each.Item % 2 == 1 && each.Item < 2 << each.Index));
        });
    }

    [Fact]
    public void Each_of_the_first_powers_of_two_puts_one_point_into_each_interval_of_each_dimension()
    {
        for (var power = 1; power <= 8; power++)
        {
            var points = Points(_scrambled, 128, 1 << power, seed: 3);
            for (var dimension = 0; dimension < 128; dimension++)
                Assert.Equal(1 << power, points.Select(point => (int)(point[dimension] * (1 << power))).Distinct().Count());
        }
    }

    [Fact]
    public void In_the_first_two_dimensions_each_elementary_box_holds_one_point()
    {
        var points = Points(_scrambled, 2, 256, seed: 4);

        for (var wide = 0; wide <= 8; wide++)
        {
            var boxes = points.Select(point => ((int)(point[0] * (1 << wide)), (int)(point[1] * (1 << (8 - wide)))));
            Assert.Equal(256, boxes.Distinct().Count());
        }
    }

    [Fact]
    public void Points_are_spread_more_evenly_than_by_chance()
    {
        ulong[] seeds = [1, 2, 3, 4, 5];
        var space = new SearchSpace([.. Enumerable.Range(0, 6).Select(number => new Parameter($"p{number}", new Domain.Float(0, 1)))]);

        var sobol = seeds.Select(seed => Discrepancy(Points(_scrambled, 6, 128, seed))).Max();
        var random = seeds.Select(seed => Discrepancy(
            [.. Enumerable.Range(0, 128).Select(index => RandomSampler.Point(space, index, seed, redraw: 0))])).Min();

        Assert.True(sobol < random / 2, $"{sobol} against {random}");
    }

    [Fact]
    public void Seeds_and_redraws_give_points_of_their_own_which_are_uniform()
    {
        var first = Enumerable.Range(0, 500).Select(seed => _scrambled.Point(1, 0, (ulong)seed, redraw: 0)[0]).ToList();

        Assert.Equal(500, first.Distinct().Count());
        Assert.Equal(0.5, first.Average(), 0.05);
        Assert.NotEqual(_scrambled.Point(2, 5, 1, redraw: 0), _scrambled.Point(2, 5, 1, redraw: 1));
        Assert.Equal(_plain.Point(2, 5, 1, redraw: 0), _plain.Point(2, 5, 2, redraw: 0));
    }

    [Fact]
    public void More_parameters_than_the_table_has_dimensions_are_drawn_at_random()
    {
        var points = Points(_scrambled, 130, 64, seed: 5);

        Assert.Equal(0.5, points.Average(point => point[129]), 0.15);
        Assert.Equal(128, points.SelectMany(point => point[128..]).Distinct().Count());
    }

    [Theory]
    [InlineData(1, null)]
    [InlineData(64, null)]
    [InlineData(40, "a Sobol' sequence is even over a power of two, such as 32 or 64")]
    public void A_number_that_is_no_power_of_two_gets_advice(long configurations, string? advice) =>
        Assert.Equal(advice, _scrambled.Advice(configurations));

    private static double[][] Points(SobolSampler sampler, int dimensions, int count, ulong seed) =>
        [.. Enumerable.Range(0, count).Select(index => sampler.Point(dimensions, index, seed, redraw: 0))];

    /// <summary>How often x can be multiplied modulo a polynomial over two elements before it is 1 again.</summary>
    private static int Order(int degree, int polynomial)
    {
        var (order, power) = (0, 1);
        do
        {
            power <<= 1;
            if (power >> degree != 0)
                power ^= polynomial;
            order++;
        }
        while (power != 1 && order < 1 << degree);
        return order;
    }

    /// <summary>Hickernell's centered L2 discrepancy.</summary>
    private static double Discrepancy(double[][] points)
    {
        var dimensions = points[0].Length;
        var single = points.Sum(point => point.Aggregate(1.0, (product, x) =>
            product * (1 + Math.Abs(x - 0.5) / 2 - (x - 0.5) * (x - 0.5) / 2)));
        var pairs = points.Sum(one => points.Sum(other => one.Zip(other).Aggregate(1.0, (product, pair) =>
            product * (1 + Math.Abs(pair.First - 0.5) / 2 + Math.Abs(pair.Second - 0.5) / 2 - Math.Abs(pair.First - pair.Second) / 2))));
        return Math.Pow(13 / 12.0, dimensions) - 2.0 / points.Length * single + pairs / points.Length / points.Length;
    }
}
