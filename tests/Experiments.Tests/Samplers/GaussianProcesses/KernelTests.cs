using Experiments.Samplers.GaussianProcesses;
using Xunit;

namespace Experiments.Tests.Samplers.GaussianProcesses;

public sealed class KernelTests
{
    [Fact]
    public void Is_the_matern_function_of_the_scaled_distance_times_a_factor_for_each_code_that_differs()
    {
        // Lengths 0.5 and 2, weights 0.7 and 0.3: r² = (0.3/0.5)² + (0.8/2)² = 0.52, and only the second code differs.
        var kernel = new Kernel([Math.Log(0.5), Math.Log(2), Math.Log(0.7), Math.Log(0.3)], reals: 2, codes: 2);

        var correlation = Correlate(kernel, [0.1, 0.9, 1, 0], [0.4, 0.1, 1, 2]);

        var root = Math.Sqrt(5 * 0.52);
        Assert.Equal((1 + root + root * root / 3) * Math.Exp(-root - 0.3), correlation, 1e-14);
    }

    [Fact]
    public void Is_one_at_the_same_point()
    {
        var kernel = new Kernel([Math.Log(0.01), Math.Log(5)], reals: 1, codes: 1);

        Assert.Equal(1, Correlate(kernel, [0.3, 2], [0.3, 2]), 1e-15);
    }

    [Fact]
    public void Its_gradients_are_those_of_finite_differences()
    {
        double[] logarithms = [Math.Log(0.4), Math.Log(1.3), Math.Log(0.6)];
        double[] point = [0.2, 0.7, 1];
        double[][] set = [[0.9, 0.1, 0], [0.25, 0.6, 1], [0.5, 0.5, 2], [0.1, 0.9, 1], [0.6, 0.3, 0]];
        double[] factors = [0.3, -1.2, 0.8, 2.0, -0.5];

        var (directions, scales) = Gradients(logarithms, set, point, factors);

        for (var k = 0; k < 2; k++)
            Assert.Equal(Slope(x => Sum(logarithms, set, With(point, k, x), factors), point[k]), directions[k], 1e-7);
        for (var h = 0; h < 3; h++)
            Assert.Equal(Slope(x => Sum(With(logarithms, h, x), set, point, factors), logarithms[h]), scales[h], 1e-7);
    }

    private static (double[] Directions, double[] Scales) Gradients(double[] logarithms, double[][] set, double[] point, double[] factors)
    {
        var kernel = new Kernel(logarithms, reals: 2, codes: 1);
        var points = PointSet.Of(2, 1, set);
        var (correlations, slopes) = (new double[points.Stride], new double[points.Stride]);
        kernel.Correlate(points, points.Count, point, correlations, slopes);
        for (var i = 0; i < points.Stride; i++)
        {
            correlations[i] *= i < factors.Length ? factors[i] : 0;
            slopes[i] *= i < factors.Length ? factors[i] : 0;
        }

        var (directions, scales) = (new double[2], new double[3]);
        kernel.AddDirections(points, point, slopes, directions);
        kernel.AddScales(points, points.Count, point, slopes, correlations, scales);
        return (directions, scales);
    }

    private static double Sum(double[] logarithms, double[][] set, double[] point, double[] factors) =>
        set.Zip(factors).Sum(pair => pair.Second * Correlate(new Kernel(logarithms, reals: 2, codes: 1), pair.First, point));

    private static double Correlate(Kernel kernel, double[] one, double[] other)
    {
        var points = PointSet.Of(one.Length / 2 + one.Length % 2, one.Length / 2, [one]);
        var (correlations, slopes) = (new double[points.Stride], new double[points.Stride]);
        kernel.Correlate(points, 1, other, correlations, slopes);
        return correlations[0];
    }

    private static double[] With(double[] values, int place, double value) => [.. values[..place], value, .. values[(place + 1)..]];

    private static double Slope(Func<double, double> function, double at) => (function(at + 1e-6) - function(at - 1e-6)) / 2e-6;
}
