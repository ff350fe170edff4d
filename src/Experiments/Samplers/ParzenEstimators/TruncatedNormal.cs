using MathNet.Numerics;

namespace Experiments.Samplers.ParzenEstimators;

/// <summary>A normal distribution whose mean lies in the unit interval, cut off at its ends.</summary>
internal static class TruncatedNormal
{
    /// <summary>Less than 1e-9 is left of the mass beyond so many deviations.</summary>
    private const double Negligible = 6;

    /// <summary>Mass of the uncut normal in the unit interval: from a third, for a mean at one end and a deviation of 1, to 1.</summary>
    public static double Mass(double mean, double deviation)
    {
        var (below, above) = (mean / deviation, (1 - mean) / deviation);
        return 1 - (below < Negligible ? Tail(below) : 0) - (above < Negligible ? Tail(above) : 0);
    }

    /// <summary>Mass of the uncut normal between two places. A tail is computed as such, so that an interval far from the
    /// mean keeps its digits instead of being the difference of two numbers near 1.</summary>
    public static double Mass(double mean, double deviation, double from, double to)
    {
        var (lower, upper) = ((from - mean) / deviation, (to - mean) / deviation);
        return lower > 0 ? Tail(lower) - Tail(upper)
            : upper < 0 ? Tail(-upper) - Tail(-lower)
            : 1 - Tail(-lower) - Tail(upper);
    }

    /// <summary>Draws from it: the mean is inside, so that a draw of the uncut normal soon is.</summary>
    public static double Draw(double mean, double deviation, KeyedDraws draws)
    {
        while (true)
        {
            var place = mean + (deviation * draws.Normal());
            if (place is >= 0 and <= 1)
                return place;
        }
    }

    private static double Tail(double deviations) => 0.5 * SpecialFunctions.Erfc(deviations * Constants.Sqrt1Over2);
}
