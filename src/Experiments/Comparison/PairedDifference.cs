namespace Experiments.Comparison;

/// <summary>A method against the reference, seed by seed: same data, same order, only the method differs.</summary>
public sealed record PairedDifference
{
    /// <summary>Below that many pairs no p-value is given: the least that five can reach is 0.0625.</summary>
    public const int PairsForTest = 5;

    private const double Rounding = 1e-12; // of the values

    /// <summary>Method minus reference, in units of the metric, over the shared seeds.</summary>
    public required Estimate Difference { get; init; }

    /// <summary>Mean difference divided by the standard deviation of the differences; null where they do not vary, so that it is
    /// infinite or, where all are zero, undefined.</summary>
    public double? EffectSize { get; init; }

    /// <summary>Two-sided sign-flip permutation p, exact up to 12 pairs; null with too few seeds.</summary>
    public double? PermutationP { get; init; }

    /// <summary>The same after Holm's correction over the comparisons of the block.</summary>
    public double? HolmP { get; init; }

    /// <summary>Two-sided exact Wilcoxon signed-rank p, uncorrected: a second opinion.</summary>
    public double? WilcoxonP { get; init; }

    /// <summary>What may be said.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>Compares the values of shared seeds, given in the same order; the correction comes later.</summary>
    internal static PairedDifference Of(ReadOnlySpan<double> method, ReadOnlySpan<double> reference, double confidence)
    {
        var differences = new double[method.Length];
        var (least, most, largest) = (double.PositiveInfinity, double.NegativeInfinity, 0.0);
        for (var i = 0; i < differences.Length; i++)
        {
            differences[i] = method[i] - reference[i];
            (least, most) = (Math.Min(least, differences[i]), Math.Max(most, differences[i]));
            largest = Math.Max(largest, Math.Max(Math.Abs(method[i]), Math.Abs(reference[i])));
        }

        // The rounding of the values is no spread of their differences, and no sign of them.
        if (most - least <= Rounding * largest)
            Array.Fill(differences, Math.Abs(most) <= Rounding * largest ? 0 : differences[0]);

        var estimate = Estimate.Of(differences, confidence);
        var enough = differences.Length >= PairsForTest;
        return new PairedDifference
        {
            Difference = estimate,
            EffectSize = estimate.StandardDeviation is > 0 and var deviation ? estimate.Mean / deviation : null,
            PermutationP = enough ? SignFlip.PValue(differences) : null,
            WilcoxonP = enough ? WilcoxonSignedRank.PValue(differences) : null,
            Verdict = enough ? Verdict.NotDistinguishable : Verdict.TooFewSeeds,
        };
    }

    /// <summary>Takes the corrected p and says what follows: a difference needs an interval without zero and a p below
    /// 1 - confidence, both.</summary>
    internal PairedDifference Judge(double holm, bool maximize, double confidence)
    {
        var apart = Difference.Interval is { HoldsZero: false } && holm <= 1 - confidence;
        var better = Difference.Mean > 0 == maximize;
        return this with
        {
            HolmP = holm,
            Verdict = !apart ? Verdict.NotDistinguishable : better ? Verdict.Better : Verdict.Worse,
        };
    }
}

/// <summary>What a comparison with the reference allows to say.</summary>
public enum Verdict
{
    /// <summary>Fewer pairs than a test needs.</summary>
    TooFewSeeds,

    /// <summary>The interval of the difference holds zero, or its corrected p is too large.</summary>
    NotDistinguishable,

    /// <summary>Better than the reference.</summary>
    Better,

    /// <summary>Worse than the reference.</summary>
    Worse,
}
