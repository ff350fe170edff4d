using System.Globalization;
using Experiments.Comparison;
using MathNet.Numerics.Distributions;

namespace Experiments.Schedulers;

/// <summary>
/// A race (Maron and Moore 1994; with paired tests Birattari et al. 2002, "A Racing Algorithm for Configuring Metaheuristics"):
/// each time that a configuration has come to another seed, its differences to the best of those that have come as far,
/// seed by seed, are tested one-sidedly. It loses where p ≤ α / looks, with as many looks as it can have (Bonferroni).
/// </summary>
/// <remarks>A look needs 5 pairs, and with Wilcoxon's test as many as can reach its p at all: with 6 seeds 5, with 10 seeds
/// 7 (α = 0.05). So sweeps of up to 5 seeds know no races. The number of configurations is not corrected for: the
/// best of many is a little lucky, as in all races.</remarks>
internal sealed class SeedRace(string test, double alpha)
{
    /// <summary>The fewest pairs at which a configuration of so many seeds is looked at; null where it never is.</summary>
    public int? LeastPairs(int seeds)
    {
        for (var pairs = PairedDifference.PairsForTest; pairs < seeds; pairs++)
        {
            if (test == "t" || (test == "wilcoxon" && Math.Pow(2, -pairs) <= alpha / (seeds - pairs)))
                return pairs;
        }

        return null;
    }

    /// <summary>Says how a configuration lost against another over the seeds that it has; null where it did not.</summary>
    public string? Loss(SeedConfiguration own, SeedConfiguration best)
    {
        if (LeastPairs(own.Seeds) is not { } least || own.Values.Count < least || own.Values.Count >= own.Seeds)
            return null;

        double[] differences = [.. own.Values.Zip(best.Values, (value, other) => value - other)];
        var p = test == "t" ? TOfGreater(differences) : WilcoxonSignedRank.PValueOfGreater(differences);
        var level = alpha / (own.Seeds - least);
        return p > level ? null : string.Create(CultureInfo.InvariantCulture,
            $"Over {differences.Length} shared seeds its configuration is worse than that of {best.Id} by {differences.Average():G3} "
            + $"on average (one-sided {(test == "t" ? "t" : "Wilcoxon")} test, p = {p:G2}; closed at {level:G2}).");
    }

    /// <summary>Student's one-sided test that the mean is above zero.</summary>
    private static double TOfGreater(double[] differences)
    {
        var mean = differences.Average();
        var squares = differences.Sum(difference => (difference - mean) * (difference - mean));
        if (squares == 0)
            return mean > 0 ? 0 : 1;
        var error = Math.Sqrt(squares / (differences.Length - 1) / differences.Length);
        return StudentT.CDF(0, 1, differences.Length - 1, -mean / error);
    }
}
