namespace Experiments.Comparison;

/// <summary>Wilcoxon signed-rank test, exact also with ties: the second opinion that outliers do not sway.</summary>
/// <remarks>Wilcoxon 1945. Zero differences are left out, ties share their mean rank, and the distribution of the rank sum
/// given those ranks is counted in full (n³ steps).</remarks>
internal static class WilcoxonSignedRank
{
    /// <summary>Two-sided: probability of a rank sum at least as far from its mean as the observed one; 1 where all differences
    /// are zero.</summary>
    public static double PValue(ReadOnlySpan<double> differences)
    {
        var (positive, negative, chances) = Sums(differences);
        return Math.Min(1, 2 * chances.Take(Math.Min(positive, negative) + 1).Sum());
    }

    /// <summary>One-sided: probability of a sum of the positive ranks at least as large as the observed one.</summary>
    public static double PValueOfGreater(ReadOnlySpan<double> differences)
    {
        var (positive, negative, chances) = Sums(differences);
        return positive + negative == 0 ? 1 : chances.Take(negative + 1).Sum(); // as likely as a sum of negative ranks so small
    }

    private static (int Positive, int Negative, double[] Chances) Sums(ReadOnlySpan<double> differences)
    {
        var ranked = differences.ToArray().Where(difference => difference != 0).OrderBy(Math.Abs).ToArray();
        var ranks = DoubledRanks(ranked);
        var total = ranks.Sum();
        var positive = ranks.Where((_, i) => ranked[i] > 0).Sum();
        return (positive, total - positive, SumDistribution(ranks, total));
    }

    /// <summary>Ranks of the sizes, from 1, times two: a mean rank is a multiple of one half.</summary>
    private static int[] DoubledRanks(double[] bySize)
    {
        var ranks = new int[bySize.Length];
        for (var start = 0; start < bySize.Length;)
        {
            var end = start + 1;
            while (end < bySize.Length && Math.Abs(bySize[end]) == Math.Abs(bySize[start]))
                end++;
            Array.Fill(ranks, start + 1 + end, start, end - start);
            start = end;
        }

        return ranks;
    }

    /// <summary>Chance of each sum when every rank is in it or not with probability one half.</summary>
    private static double[] SumDistribution(int[] ranks, int total)
    {
        var chances = new double[total + 1];
        chances[0] = 1;
        foreach (var rank in ranks)
        {
            for (var sum = total; sum >= 0; sum--)
                chances[sum] = 0.5 * chances[sum] + (sum >= rank ? 0.5 * chances[sum - rank] : 0);
        }

        return chances;
    }
}
