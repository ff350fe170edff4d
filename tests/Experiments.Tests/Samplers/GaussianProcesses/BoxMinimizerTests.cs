using Experiments.Samplers.GaussianProcesses;
using Xunit;

namespace Experiments.Tests.Samplers.GaussianProcesses;

public sealed class BoxMinimizerTests
{
    [Fact]
    public void Finds_the_end_of_a_curved_valley()
    {
        double[] point = [-1.2, 1];

        var value = new BoxMinimizer([-5, -5], [5, 5]) { Tolerance = 1e-15 }.Descend(Rosenbrock, point, 200);

        Assert.Equal(0, value, 1e-12);
        Assert.Equal(1, point[0], 1e-5);
        Assert.Equal(1, point[1], 1e-5);
    }

    [Fact]
    public void Stops_at_a_bound_where_the_rest_of_the_point_is_at_its_best()
    {
        double[] point = [0.2, -0.5];

        // Within x ≤ 0.5 the least value of Rosenbrock's function is at (0.5, 0.25).
        new BoxMinimizer([-1, -1], [0.5, 2]) { Tolerance = 1e-15 }.Descend(Rosenbrock, point, 200);

        Assert.Equal(0.5, point[0]);
        Assert.Equal(0.25, point[1], 1e-6);
    }

    [Fact]
    public void Goes_back_from_where_a_function_has_no_value()
    {
        double[] point = [3];

        new BoxMinimizer([-10], [10]) { FirstStep = 20 }.Descend(OnlyAboveOne, point, 50);

        Assert.Equal(2, point[0], 1e-3);

        static double OnlyAboveOne(ReadOnlySpan<double> at, Span<double> gradient)
        {
            if (at[0] <= 1)
                return double.PositiveInfinity;
            gradient[0] = 2 * (at[0] - 2);
            return Math.Pow(at[0] - 2, 2);
        }
    }

    private static double Rosenbrock(ReadOnlySpan<double> at, Span<double> gradient)
    {
        var valley = at[1] - at[0] * at[0];
        gradient[0] = -400 * at[0] * valley - 2 * (1 - at[0]);
        gradient[1] = 200 * valley;
        return 100 * valley * valley + Math.Pow(1 - at[0], 2);
    }
}
