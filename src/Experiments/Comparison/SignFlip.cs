using MathNet.Numerics.Random;

namespace Experiments.Comparison;

/// <summary>Two-sided sign-flip permutation test of paired differences: if neither method were better, each difference
/// could as well have had the other sign.</summary>
/// <remarks>Fisher 1935, <em>The Design of Experiments</em>, section 21; the sampled form counts the observed signs as one
/// of the draws, so that it never says 0 (Phipson and Smyth 2010).</remarks>
internal static class SignFlip
{
    /// <summary>Up to that many pairs every sign pattern is tried.</summary>
    public const int ExactUpTo = 12;

    /// <summary>Sign patterns drawn above that.</summary>
    public const int Draws = 10_000;

    private const int Seed = 20_210_618;

    /// <summary>The number of pairs from which anything can be told apart: the least p of n pairs is 2^(1 - n), and Holm multiplies
    /// the least by the number of comparisons.</summary>
    /// <param name="comparisons">How many are corrected together.</param>
    /// <param name="level">What a corrected p must not exceed.</param>
    public static int LeastPairs(int comparisons, double level)
    {
        var pairs = PairedDifference.PairsForTest;
        while (comparisons * Math.ScaleB(1, 1 - pairs) > level)
            pairs++;
        return pairs;
    }

    /// <summary>Probability of a sum at least as far from zero as the observed one.</summary>
    public static double PValue(ReadOnlySpan<double> differences)
    {
        var observed = 0.0;
        var scale = 0.0;
        foreach (var difference in differences)
        {
            observed += difference;
            scale += Math.Abs(difference);
        }

        // Sums of the same numbers in other signs differ in their last bits; a tie must count as one.
        var threshold = Math.Abs(observed) - 1e-12 * scale;
        return differences.Length <= ExactUpTo ? Exact(differences, threshold) : Sampled(differences, threshold);
    }

    private static double Exact(ReadOnlySpan<double> differences, double threshold)
    {
        var patterns = 1 << differences.Length;
        var extreme = 0;
        for (var pattern = 0; pattern < patterns; pattern++)
        {
            var sum = 0.0;
            for (var i = 0; i < differences.Length; i++)
                sum += (pattern >> i & 1) == 0 ? differences[i] : -differences[i];
            if (Math.Abs(sum) >= threshold)
                extreme++;
        }

        return (double)extreme / patterns;
    }

    private static double Sampled(ReadOnlySpan<double> differences, double threshold)
    {
        var random = new Xoshiro256StarStar(Seed, threadSafe: false);
        var extreme = 0;
        for (var draw = 0; draw < Draws; draw++)
        {
            var sum = 0.0;
            foreach (var difference in differences)
                sum += random.Next(2) == 0 ? difference : -difference;
            if (Math.Abs(sum) >= threshold)
                extreme++;
        }

        return (extreme + 1.0) / (Draws + 1.0);
    }
}
