using Experiments.Samplers;
using Experiments.Samplers.ParzenEstimators;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Samplers.ParzenEstimators;

public sealed class KernelTests
{
    [Theory]
    [InlineData(new[] { 0.5 }, 1, 1, 0.2041241452)] // sqrt((1/12 + 0) / 2)
    [InlineData(new[] { 0.25, 0.75 }, 1, 1, 0.2294102165)] // sqrt((1/12 + 2/16) / 3) / 2^(1/5)
    [InlineData(new[] { 0.25, 0.75 }, 0.5, 2, 0.1173862131)] // half of sqrt((1/12 + 2/16) / 3) / 2^(1/6)
    [InlineData(new double[0], 1, 1, 0.2886751346)] // the prior's own deviation
    public void The_bandwidth_is_Scotts_with_the_prior_as_one_observation(double[] places, double factor, int dimensions, double expected)
    {
        Assert.Equal(expected, ScottRule.Of(places, factor, dimensions), 1e-9);
    }

    [Fact]
    public void Observations_that_coincide_still_have_a_width_that_shrinks_with_their_number()
    {
        var few = ScottRule.Of([0.3, 0.3, 0.3], 1, 1);
        var many = ScottRule.Of(Enumerable.Repeat(0.3, 100).ToArray(), 1, 1);

        Assert.InRange(many, 0.001, few / 2);
    }

    [Theory]
    [InlineData(new[] { 0.3, 0.9, 0.2, 0.35 }, new[] { 0.1, 0.55, 0.1, 0.55 })] // the ends have one neighbour
    [InlineData(new[] { 0.5, 0.5, 0.51 }, new[] { 0.1, 0.1, 0.1 })] // no less than half of 1/(3 + 2)
    [InlineData(new[] { 0.2 }, new[] { 0.8 })] // alone: the farther end
    public void In_its_neighbourhood_a_kernel_reaches_the_farther_neighbour(double[] places, double[] expected)
    {
        var bandwidths = new double[places.Length];

        NeighbourRule.Fill(places, bandwidths);

        Assert.Equal(expected, bandwidths, (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Fact]
    public void Of_many_crowded_observations_the_least_width_no_longer_shrinks()
    {
        var bandwidths = new double[2000];

        NeighbourRule.Fill(Enumerable.Repeat(0.3, 2000).ToArray(), bandwidths);

        Assert.All(bandwidths, bandwidth => Assert.Equal(0.005, bandwidth, 1e-12));
    }

    [Theory]
    [InlineData(0.5, 0.25, 0.9544997361)] // two deviations to both sides
    [InlineData(0, 0.1, 0.5)]
    [InlineData(1, 1, 0.3413447461)]
    [InlineData(0.5, 0.01, 1)]
    public void The_mass_inside_the_interval_is_that_between_its_ends(double mean, double deviation, double mass)
    {
        Assert.Equal(mass, TruncatedNormal.Mass(mean, deviation), 1e-9);
        Assert.Equal(mass, TruncatedNormal.Mass(mean, deviation, 0, 1), 1e-9);
    }

    [Fact]
    public void The_mass_of_a_far_interval_keeps_its_digits()
    {
        const double beyondTwentyDeviations = 2.7536241186e-89;

        Assert.Equal(1, TruncatedNormal.Mass(0, 0.01, 0.20, 0.21) / beyondTwentyDeviations, 1e-8);
        Assert.Equal(1, TruncatedNormal.Mass(1, 0.01, 0.79, 0.80) / beyondTwentyDeviations, 1e-8);
        Assert.Equal(0, TruncatedNormal.Mass(0, 0.01, 0.9, 1));
    }

    [Theory]
    [InlineData(0, 0.001, 0.0007979)] // half a normal: deviation * sqrt(2 / pi)
    [InlineData(1, 1, 0.5401)] // 1 - (phi(0) - phi(1)) / 0.3413
    [InlineData(0.4, 0.02, 0.4)]
    public void Draws_stay_inside_and_have_the_mean_of_the_cut_density(double mean, double deviation, double expected)
    {
        var draws = new KeyedDraws(new KeyedStream(1, 2, "x"));
        var places = Enumerable.Range(0, 20_000).Select(_ => TruncatedNormal.Draw(mean, deviation, draws)).ToList();

        Assert.All(places, place => Assert.InRange(place, 0, 1));
        Assert.Equal(expected, places.Average(), deviation * 0.03);
    }

    [Fact]
    public void A_whole_number_has_the_mass_between_its_half_steps()
    {
        var table = Table(new Domain.Int(1, 3), bandwidth: 1.0 / 3);

        Assert.Equal(1.3259393635, table[1][1], 1e-9); // (F(0.5) - F(-0.5)) / (F(1.5) - F(-1.5)) over the prior's third
        Assert.Equal(0.8370303182, table[0][1], 1e-9); // (F(1.5) - F(0.5)) / the same
        Assert.Equal(table[0][1], table[2][1], 1e-12);
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.3)]
    [InlineData(2)]
    public void The_masses_of_a_kernel_add_up_to_one(double bandwidth)
    {
        var logarithmic = Table(new Domain.Int(1, 4, Log: true), bandwidth);
        double[] prior = [Math.Log(3), Math.Log(5.0 / 3), Math.Log(7.0 / 5), Math.Log(9.0 / 7)]; // over ln 9, of each value
        var stepped = Table(new Domain.Float(0, 1, Step: 0.25), bandwidth);

        for (var centre = 0; centre < 4; centre++)
            Assert.Equal(1, Enumerable.Range(0, 4).Sum(value => logarithmic[value][centre] * prior[value] / Math.Log(9)), 1e-8);
        for (var centre = 0; centre < 5; centre++)
            Assert.Equal(1, Enumerable.Range(0, 5).Sum(value => stepped[value][centre] / 5), 1e-8);
    }

    [Fact]
    public void Whole_numbers_are_drawn_as_often_as_their_kernel_says()
    {
        var domain = new Domain.Int(1, 6, Log: true);
        var (column, table) = (Column.Of(domain)!, Table(domain, bandwidth: 0.2));
        var draws = new KeyedDraws(new KeyedStream(1, 2, "x"));

        var counts = Enumerable.Range(0, 20_000).CountBy(_ => (int)column.Draw(2, 0.2, draws)).ToDictionary();

        for (var value = 0; value < 6; value++)
        {
            var prior = Math.Log((value + 1.5) / (value + 0.5)) / Math.Log(6.5 / 0.5);
            Assert.Equal(table[value][2] * prior, counts[value] / 20_000.0, 0.015);
        }
    }

    [Fact]
    public void A_choice_counts_its_own_value_once_and_each_value_by_the_bandwidth()
    {
        var domain = new Domain.Choice([new ParameterValue.Text("a"), new ParameterValue.Text("b"), new ParameterValue.Text("c")]);
        var column = (ListedColumn)Column.Of(domain)!;
        var table = Table(domain, column.Bandwidth([1], factor: 0.7, dimensions: 5));

        Assert.Equal(0.5, column.Bandwidth([1], factor: 0.7, dimensions: 5));
        Assert.Equal(1.8, table[1][1], 1e-12); // (1 + 0.5) / (1 + 1.5), over a third
        Assert.Equal(0.6, table[0][1], 1e-12); // 0.5 / (1 + 1.5), over a third
    }

    [Fact]
    public void Values_come_back_from_their_coordinates()
    {
        Domain[] domains =
        [
            new Domain.Float(1e-5, 1e-1, Log: true), new Domain.Float(-3, 4), new Domain.Float(0, 1, Step: 0.05),
            new Domain.Float(0, 100, Step: 0.05), new Domain.Int(1, 64, Log: true), new Domain.Int(1, 100_000, Log: true),
            new Domain.Int(-7, 1000, Step: 7), new Domain.Int(0, 1L << 50),
            new Domain.Choice([new ParameterValue.Flag(true), new ParameterValue.Integer(1), new ParameterValue.Real(1)]),
        ];
        var draws = new KeyedDraws(new KeyedStream(1, 2, "x"));
        foreach (var domain in domains)
        {
            var column = Column.Of(domain)!;
            for (var i = 0; i < 200; i++)
            {
                var coordinate = i % 2 == 0 ? column.Draw(draws) : column.Draw(column.Draw(draws), 0.1, draws);

                Assert.Equal(coordinate, column.CoordinateOf(column.ValueAt(coordinate)), 1e-12);
            }
        }
    }

    [Fact]
    public void The_last_step_may_lie_below_the_bound()
    {
        var column = Column.Of(new Domain.Int(0, 11, Step: 5))!; // 0, 5, 10
        var draws = new KeyedDraws(new KeyedStream(1, 2, "x"));

        var shares = Enumerable.Range(0, 9000).CountBy(_ => column.ValueAt(column.Draw(draws)).ToString()).ToDictionary();

        Assert.Equal(["0", "10", "5"], shares.Keys.Order(StringComparer.Ordinal));
        Assert.All(shares.Values, share => Assert.Equal(3000, share, 200.0));
    }

    [Fact]
    public void A_value_that_the_domain_does_not_have_has_no_coordinate()
    {
        Assert.Equal(double.NaN, Column.Of(new Domain.Int(1, 3))!.CoordinateOf(new ParameterValue.Integer(4)));
        Assert.Equal(double.NaN, Column.Of(new Domain.Float(1, 3, Log: true))!.CoordinateOf(new ParameterValue.Real(-4)));
        Assert.Equal(double.NaN, Column.Of(new Domain.Float(1, 3))!.CoordinateOf(new ParameterValue.Text("auto")));
        Assert.Null(Column.Of(new Domain.Float(2, 2)));
    }

    /// <summary>Masses over the prior's, by value and centre.</summary>
    private static double[][] Table(Domain domain, double bandwidth)
    {
        var column = (ListedColumn)Column.Of(domain)!;
        var table = new double[column.Count * column.Count];
        column.Tabulate(bandwidth, table);
        return [.. table.Select(Math.Exp).Chunk(column.Count)];
    }
}
