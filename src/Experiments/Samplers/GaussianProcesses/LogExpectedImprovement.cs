using MathNet.Numerics;

namespace Experiments.Samplers.GaussianProcesses;

/// <summary>
/// Logarithm of the expected improvement E[max(0, best - Y)] of a normal Y, with its derivatives. Where the improvement itself
/// is below the least number, its logarithm still says which way it grows.
/// </summary>
/// <remarks>Ament et al. 2023, Unexpected improvements to expected improvement, arXiv:2310.20708. Far in the tail Mills' ratio
/// comes from its continued fraction (Abramowitz and Stegun 26.2.14), in which nothing cancels.</remarks>
/// <param name="Value">The logarithm.</param>
/// <param name="ByMean">Derivative in Y's mean.</param>
/// <param name="ByDeviation">Derivative in Y's standard deviation.</param>
internal readonly record struct LogExpectedImprovement(double Value, double ByMean, double ByDeviation)
{
    private const double Tail = 5;
    private const int Terms = 40;

    /// <summary>Of a normal with this mean and positive standard deviation.</summary>
    public static LogExpectedImprovement Of(double mean, double deviation, double best)
    {
        var z = (best - mean) / deviation;
        var logDensity = -0.5 * z * z - Constants.LogSqrt2Pi;
        if (z < -Tail)
        {
            // With t = -z, Mills' ratio is 1/(t + c), and φ(z) + zΦ(z) = φ(z)·c/(t + c).
            var t = -z;
            var c = 0.0;
            for (var term = Terms; term > 0; term--)
                c = term / (t + c);
            return new(Math.Log(deviation) + logDensity + Math.Log(c / (t + c)), -1 / (c * deviation), (t + c) / (c * deviation));
        }

        var density = Math.Exp(logDensity);
        var below = 0.5 * SpecialFunctions.Erfc(-z / Constants.Sqrt2);
        var improvement = density + z * below;
        return new(
            Math.Log(deviation) + Math.Log(improvement), -below / (improvement * deviation), density / (improvement * deviation));
    }
}
