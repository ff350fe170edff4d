using Experiments.Samplers;
using Experiments.Samplers.ParzenEstimators;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Samplers.ParzenEstimators;

public sealed class ParzenEstimatorTests
{
    private static readonly Column _real = Column.Of(new Domain.Float(-1, 3))!;

    private static readonly Column _choice = Column.Of(new Domain.Choice(
        [new ParameterValue.Text("a"), new ParameterValue.Text("b"), new ParameterValue.Text("c")]))!;

    [Fact]
    public void One_observation_and_the_prior_share_the_mass_by_weight()
    {
        var estimator = new ParzenEstimator([_real], bandwidthFactor: 1, priorWeight: 1);
        estimator.Fit([0.5], [1]);

        // Bandwidth 0.2041, height 1 / (sqrt(2 pi) 0.2041) over the mass inside, 0.9857: 1.9828; and 1 of the prior.
        Assert.Equal(1.4913876957, Math.Exp(estimator.LogDensity([0.5])), 1e-8);
        Assert.Equal(0.6453443384, Math.Exp(estimator.LogDensity([0.9])), 1e-8);
    }

    [Fact]
    public void A_component_is_the_product_of_its_kernels()
    {
        var estimator = new ParzenEstimator([_real, _choice], bandwidthFactor: 1, priorWeight: 1);
        estimator.Fit([0.25, 1], [2]);

        Assert.Equal(2.6835909449, Math.Exp(estimator.LogDensity([0.25, 1])), 1e-8); // (1 + 2 * 1.9585 * 1.8) / 3
        Assert.Equal(1.1167525372, Math.Exp(estimator.LogDensity([0.25, 0])), 1e-8); // (1 + 2 * 1.9585 * 0.6) / 3
    }

    [Fact]
    public void Without_observations_it_is_the_prior()
    {
        var estimator = new ParzenEstimator([_real, _choice], bandwidthFactor: 1, priorWeight: 1);
        estimator.Fit([], []);

        Assert.Equal(0, estimator.LogDensity([0.1, 2]), 1e-12);
    }

    [Fact]
    public void In_its_neighbourhood_a_crowd_weighs_more_than_with_one_width_for_all()
    {
        double[] rows = [0.3, 0.32, 0.34, 0.36, 0.9];
        var (local, common) = (Fitted(isLocal: true), Fitted(isLocal: false));

        // Widths 0.0714 (the least, 0.5 / 7) around 0.3 to 0.34, and 0.54 around 0.36 and 0.9; and the prior: a sixth each.
        Assert.Equal(3.2143, Math.Exp(local.LogDensity([0.32])), 1e-4);
        Assert.True(local.LogDensity([0.32]) > common.LogDensity([0.32]));

        ParzenEstimator Fitted(bool isLocal)
        {
            var estimator = new ParzenEstimator([_real], bandwidthFactor: 1, priorWeight: 1, isLocal);
            estimator.Fit(rows, [1, 1, 1, 1, 1]);
            return estimator;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Its_mass_is_one_whatever_the_observations_even_after_others(bool isLocal)
    {
        var estimator = new ParzenEstimator([_real, _choice], bandwidthFactor: 0.3, priorWeight: 0.5, isLocal);
        estimator.Fit([0.5, 0, 0.6, 1, 0.7, 2, 0.8, 2, 0.1, 1, 0.2, 1, 0.3, 1], [1, 1, 1, 1, 1, 1, 1]);
        estimator.Fit([0, 0, 0.02, 0, 0.9, 2, 1, 1, 1, 1], [1, 2, 0.5, 1, 1]);

        const int cells = 2000;
        var mass = 0.0;
        for (var cell = 0; cell < cells; cell++)
        {
            for (var choice = 0; choice < 3; choice++)
                mass += Math.Exp(estimator.LogDensity([(cell + 0.5) / cells, choice])) / (3 * cells);
        }

        Assert.Equal(1, mass, 1e-5);
    }

    [Fact]
    public void Draws_fall_where_the_density_is()
    {
        var estimator = new ParzenEstimator([_real, _choice], bandwidthFactor: 0.3, priorWeight: 0.5);
        estimator.Fit([0.2, 0, 0.25, 0, 0.9, 2], [1, 1, 1]);
        var draws = new KeyedDraws(new KeyedStream(1, 2, "x"));
        var (rows, row) = (20_000, new double[2]);
        var (left, leftAndFirst) = (0, 0);
        for (var i = 0; i < rows; i++)
        {
            estimator.Draw(row, draws);
            left += row[0] < 0.5 ? 1 : 0;
            leftAndFirst += row[0] < 0.5 && row[1] == 0 ? 1 : 0;
        }

        const int cells = 1000;
        double[] mass = new double[3];
        for (var cell = 0; cell < cells / 2; cell++)
        {
            for (var choice = 0; choice < 3; choice++)
                mass[choice] += Math.Exp(estimator.LogDensity([(cell + 0.5) / cells, choice])) / (3 * cells);
        }

        Assert.Equal(mass.Sum(), left / (double)rows, 0.01);
        Assert.Equal(mass[0], leftAndFirst / (double)rows, 0.01);
    }

    [Fact]
    public void Far_from_all_observations_the_prior_is_left_in_many_dimensions_too()
    {
        var estimator = new ParzenEstimator([.. Enumerable.Repeat(_real, 200)], bandwidthFactor: 0.01, priorWeight: 1);
        estimator.Fit([.. Enumerable.Repeat(0.0, 200)], [1]);

        Assert.Equal(Math.Log(0.5), estimator.LogDensity([.. Enumerable.Repeat(1.0, 200)]), 1e-9);
        Assert.InRange(estimator.LogDensity([.. Enumerable.Repeat(0.0, 200)]), 1000, 10_000); // no overflow
    }
}
