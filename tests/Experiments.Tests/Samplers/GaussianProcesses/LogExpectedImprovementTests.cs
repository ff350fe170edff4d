using Experiments.Samplers.GaussianProcesses;
using Xunit;

namespace Experiments.Tests.Samplers.GaussianProcesses;

public sealed class LogExpectedImprovementTests
{
    // ln(φ(z) + zΦ(z)), computed with 60 decimal digits.
    [Theory]
    [InlineData(3.0, 1.0987396653277077)]
    [InlineData(0.5, -0.3598276837450638)]
    [InlineData(0, -0.9189385332046728)]
    [InlineData(-0.5, -1.6205162643873199)]
    [InlineData(-1, -2.4851210257126413)]
    [InlineData(-2.5, -6.212541645443513)]
    [InlineData(-4.9, -16.212816407897733)]
    [InlineData(-5.1, -17.285185774704836)]
    [InlineData(-8, -37.12236426169263)]
    [InlineData(-12, -77.90910054500735)]
    [InlineData(-40, -808.29856835662)]
    [InlineData(-1000, -500014.73445209116)]
    [InlineData(-1e8, -5000000000000038.0)]
    public void Keeps_its_digits_far_into_the_tail(double z, double expected)
    {
        Assert.Equal(expected, LogExpectedImprovement.Of(mean: -z, deviation: 1, best: 0).Value, Math.Abs(expected) * 1e-13 + 1e-13);
    }

    [Theory]
    [InlineData(0.3, 0.7)]
    [InlineData(-2.0, 1.4)]
    [InlineData(4.0, 0.9)]
    [InlineData(30.0, 2.0)]
    public void Its_derivatives_are_those_of_finite_differences(double mean, double deviation)
    {
        const double best = 0.2, step = 1e-6;

        var improvement = LogExpectedImprovement.Of(mean, deviation, best);

        var byMean = At(mean + step, deviation) - At(mean - step, deviation);
        var byDeviation = At(mean, deviation + step) - At(mean, deviation - step);
        Assert.Equal(byMean / (2 * step), improvement.ByMean, 1e-6 * Math.Abs(improvement.ByMean));
        Assert.Equal(byDeviation / (2 * step), improvement.ByDeviation, 1e-6 * Math.Abs(improvement.ByDeviation));

        static double At(double mean, double deviation) => LogExpectedImprovement.Of(mean, deviation, best).Value;
    }

    [Fact]
    public void Scales_with_the_unit_of_the_values()
    {
        var one = LogExpectedImprovement.Of(mean: 3, deviation: 0.5, best: 1).Value;
        var thousand = LogExpectedImprovement.Of(mean: 3000, deviation: 500, best: 1000).Value;

        Assert.Equal(one + Math.Log(1000), thousand, 1e-12);
    }
}
