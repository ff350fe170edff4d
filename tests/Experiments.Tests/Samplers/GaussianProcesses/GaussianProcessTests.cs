using Experiments.Samplers.GaussianProcesses;
using Xunit;

namespace Experiments.Tests.Samplers.GaussianProcesses;

public sealed class GaussianProcessTests
{
    /// <summary>Codes that differ halve the correlation, so that three points with one code each have
    /// R = (I + J)/2, R⁻¹ = 2I - J/2, J being all ones.</summary>
    private static readonly Kernel _halving = new([Math.Log(Math.Log(2)), Math.Log(Math.Log(2))], reals: 0, codes: 2);

    private static readonly PointSet _three = PointSet.Of(0, 2, [[0, 7], [1, 7], [2, 7]]);

    [Fact]
    public void Three_points_worked_by_hand()
    {
        var process = new GaussianProcess(_halving, noise: 0, _three, [1, 2, 6]);
        var (means, deviations) = (new double[4], new double[4]);

        process.PredictFour([[0, 7], [3, 7], [0, 8], [3, 8]], means, deviations);

        // m = 3, R⁻¹(g - m) = (-4, -2, 6), σ² = (8 + 2 + 18)/3; correlations (½ ½ ½), then (½ ¼ ¼), then (¼ ¼ ¼).
        Assert.Equal([1.0, 3, 2, 3], means.Select(mean => Math.Round(mean, 12)));
        Assert.Equal(0, deviations[0], 1e-6);
        Assert.Equal(28 / 3.0 * (1 - 1.5 / 4), deviations[1] * deviations[1], 1e-12);
        Assert.Equal(28 / 3.0 * (1 - 0.25), deviations[2] * deviations[2], 1e-12);
        Assert.Equal(28 / 3.0 * (1 - 1.5 / 16), deviations[3] * deviations[3], 1e-12);
        Assert.Equal(1, process.Best, 1e-12);
    }

    [Fact]
    public void With_noise_a_value_is_drawn_towards_the_others()
    {
        // R + ½I = I + J/2, whose inverse is I - J/5: weights (-2, -1, 3).
        var process = new GaussianProcess(_halving, noise: 0.5, _three, [1, 2, 6]);

        Assert.Equal(3 - 2 - 0.5 + 1.5, process.Mean([0, 7]), 1e-12);
        Assert.Equal(2, process.Best, 1e-12);
    }

    [Fact]
    public void A_point_given_twice_is_known_all_the_same()
    {
        var points = PointSet.Of(0, 2, [[0, 7], [0, 7], [1, 7]]);

        var process = new GaussianProcess(_halving, noise: 0, points, [1, 1, 4]);

        Assert.Equal(1, process.Mean([0, 7]), 1e-6);
        Assert.Equal(4, process.Mean([1, 7]), 1e-6);
    }

    [Fact]
    public void The_improvement_has_the_gradient_of_finite_differences()
    {
        var kernel = new Kernel([Math.Log(0.3), Math.Log(0.8), Math.Log(0.5)], reals: 2, codes: 1);
        var points = PointSet.Of(2, 1, [[0.1, 0.2, 0], [0.8, 0.4, 1], [0.5, 0.9, 0], [0.3, 0.6, 1], [0.9, 0.1, 0]]);
        var process = new GaussianProcess(kernel, noise: 1e-4, points, [1, -0.5, 2, 0.3, 1.4]);
        double[] at = [0.6, 0.5, 1];

        var gradient = new double[2];
        process.LogImprovement(at, gradient);

        Assert.Equal((Improvement(0.6 + 1e-6, 0.5) - Improvement(0.6 - 1e-6, 0.5)) / 2e-6, gradient[0], 1e-6);
        Assert.Equal((Improvement(0.6, 0.5 + 1e-6) - Improvement(0.6, 0.5 - 1e-6)) / 2e-6, gradient[1], 1e-6);

        double Improvement(double x, double y) => process.LogImprovement([x, y, 1], new double[2]);
    }

    [Fact]
    public void The_likelihood_has_the_gradient_of_finite_differences_at_each_start()
    {
        double[][] points = [.. Enumerable.Range(0, 23).Select(i =>
            new[] { i * 0.618 % 1, i * 0.414 % 1, i % 3, i / 5 % 2 })];
        double[] values = [.. points.Select((point, i) => Math.Sin(5 * point[0]) + point[1] * point[1] + point[2] + 0.1 * (i * 0.732 % 1))];
        var hyperparameters = new Hyperparameters(2, 2);
        var likelihood = new Likelihood(hyperparameters, PointSet.Of(2, 2, points), LogWarp.Distances(values));

        foreach (var start in hyperparameters.Starts)
        {
            var gradient = new double[hyperparameters.Count];
            likelihood.Evaluate(start, gradient);
            for (var i = 0; i < start.Length; i++)
            {
                var difference = Value(start, i, 1e-5) - Value(start, i, -1e-5);
                Assert.Equal(difference / 2e-5, gradient[i], 1e-6 * (1 + Math.Abs(gradient[i])));
            }
        }

        double Value(double[] start, int i, double step) =>
            likelihood.Evaluate([.. start[..i], start[i] + step, .. start[(i + 1)..]], new double[start.Length]);
    }
}
