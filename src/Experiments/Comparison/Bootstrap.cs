using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;

namespace Experiments.Comparison;

/// <summary>Bias-corrected percentile bootstrap of a mean.</summary>
/// <remarks>Efron 1981, "Nonparametric standard errors and confidence intervals", section 7 (BC). Few values make it too
/// narrow: of 1,500 normal samples its 95 % interval held the mean in 84 % at n = 5, 88 % at 8, 92 % at 20. A verdict
/// therefore asks for the permutation test as well.</remarks>
internal static class Bootstrap
{
    /// <summary>Number of resamples.</summary>
    public const int Draws = 10_000;

    // Fixed, so that an interval is a function of its sample and the same table never shows two.
    private const int Seed = 20_210_617;

    public static Interval Interval(ReadOnlySpan<double> values, double mean, double confidence)
    {
        var means = Means(values);
        Array.Sort(means);

        // z0 is how far the median of the resampled means lies from the mean itself, in normal deviates.
        var below = means.Sum(resampled => resampled < mean ? 1 : resampled == mean ? 0.5 : 0);
        var bias = Normal.InvCDF(0, 1, Math.Clamp(below / Draws, 0.5 / Draws, 1 - 0.5 / Draws));
        var tail = Normal.InvCDF(0, 1, 0.5 + confidence / 2);
        return new Interval(
            Quantile(means, Normal.CDF(0, 1, 2 * bias - tail)),
            Quantile(means, Normal.CDF(0, 1, 2 * bias + tail)),
            IntervalKind.Bootstrap);
    }

    private static double[] Means(ReadOnlySpan<double> values)
    {
        var random = new Xoshiro256StarStar(Seed, threadSafe: false);
        var means = new double[Draws];
        for (var draw = 0; draw < Draws; draw++)
        {
            var sum = 0.0;
            for (var i = 0; i < values.Length; i++)
                sum += values[random.Next(values.Length)];
            means[draw] = sum / values.Length;
        }

        return means;
    }

    /// <summary>Linear between the two nearest order statistics.</summary>
    private static double Quantile(double[] sorted, double probability)
    {
        var position = probability * (sorted.Length - 1);
        var lower = (int)position;
        var upper = Math.Min(lower + 1, sorted.Length - 1);
        return sorted[lower] + (position - lower) * (sorted[upper] - sorted[lower]);
    }
}
