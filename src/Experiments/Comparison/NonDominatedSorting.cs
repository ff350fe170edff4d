namespace Experiments.Comparison;

/// <summary>Sorts points by how many layers of better points lie before them. Every coordinate counts as better when it is
/// lower; infinite ones are allowed, NaN is not.</summary>
/// <remarks>Efficient non-dominated sort with binary search, Zhang et al. 2015, "An Efficient Approach to Nondominated Sorting
/// for Evolutionary Multiobjective Optimization". O(n log n) for two coordinates, at worst O(n²) for more.</remarks>
internal static class NonDominatedSorting
{
    /// <summary>For each point its rank: 0 on the front, 1 on what is the front once that is taken away, and so on. Equal points
    /// have equal ranks.</summary>
    public static int[] Ranks(IReadOnlyList<double[]> points)
    {
        var ranks = new int[points.Count];
        var fronts = new List<List<double[]>>();
        var order = Enumerable.Range(0, points.Count)
            .OrderBy(i => points[i], Comparer<double[]>.Create((left, right) => left.AsSpan().SequenceCompareTo(right)));
        foreach (var i in order)
        {
            // Who is dominated within a front is dominated within all before it, so the first front without can be bisected.
            var (low, high) = (0, fronts.Count);
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (IsDominated(points[i], fronts[middle]))
                    low = middle + 1;
                else
                    high = middle;
            }

            if (low == fronts.Count)
                fronts.Add([]);
            fronts[low].Add(points[i]);
            ranks[i] = low;
        }

        return ranks;
    }

    /// <summary>For each point whether no other is at least as good everywhere and better somewhere.</summary>
    public static bool[] Front(IReadOnlyList<double[]> points) => [.. Ranks(points).Select(rank => rank == 0)];

    /// <summary>The members are in lexicographic order and the point comes after them: with two coordinates the last has the
    /// least second one, so that it alone can tell.</summary>
    private static bool IsDominated(double[] point, List<double[]> front)
    {
        for (var i = front.Count - 1; i >= (point.Length == 2 ? front.Count - 1 : 0); i--)
        {
            if (Dominates(front[i], point))
                return true;
        }

        return false;
    }

    private static bool Dominates(double[] left, double[] right)
    {
        var better = false;
        for (var i = 0; i < left.Length; i++)
        {
            if (left[i] > right[i])
                return false;
            better |= left[i] < right[i];
        }

        return better;
    }
}
