namespace Experiments.Comparison;

/// <summary>
/// The volume that points dominate within the box that ends at a reference point: one number for how good a front is and how
/// much of the trade-off it covers. Every coordinate counts as better when it is lower. Exact.
/// </summary>
/// <remarks>Zitzler and Thiele 1998. Two and three coordinates by a sweep over a staircase, O(n log n) but for moves in the
/// list; more by the exclusive volumes of While, Bradstreet and Barone 2012 (WFG), sliced along the last coordinate.</remarks>
internal static class Hypervolume
{
    /// <summary>The volume.</summary>
    /// <param name="points">Points of as many coordinates as the reference, dominated ones and doubles allowed. Those that are
    /// not better than the reference in every coordinate add nothing.</param>
    /// <param name="reference">The worst corner, finite.</param>
    public static double Of(IEnumerable<double[]> points, double[] reference)
    {
        double[][] inside = [.. points.Where(point => point.Zip(reference).All(pair => pair.First < pair.Second))];
        return Volume(inside, reference);
    }

    private static double Volume(double[][] points, ReadOnlySpan<double> reference)
    {
        if (points.Length == 0)
            return 0;
        return reference.Length switch
        {
            1 => reference[0] - points.Min(point => point[0]),
            2 => Area(points, reference),
            3 => Swept(points, reference),
            _ => Sliced(points, reference),
        };
    }

    private static double Area(double[][] points, ReadOnlySpan<double> reference)
    {
        var staircase = new Staircase(reference[0], reference[1]);
        foreach (var point in points)
            staircase.Add(point[0], point[1]);
        return staircase.Area;
    }

    private static double Swept(double[][] points, ReadOnlySpan<double> reference)
    {
        var staircase = new Staircase(reference[0], reference[1]);
        var (volume, reached) = (0.0, 0.0);
        foreach (var point in points.OrderBy(point => point[2]))
        {
            volume += staircase.Area * (point[2] - reached);
            reached = point[2];
            staircase.Add(point[0], point[1]);
        }

        return volume + staircase.Area * (reference[2] - reached);
    }

    /// <summary>The volume that each point alone adds to those after it. Points go from the worst last coordinate to the best, so
    /// that within a point's own box all later ones reach as far: one coordinate less.</summary>
    private static double Sliced(double[][] points, ReadOnlySpan<double> reference)
    {
        var last = reference.Length - 1;
        var lower = reference[..last];
        var sorted = points.OrderByDescending(point => point[last]).ToArray();
        var volume = 0.0;
        for (var i = 0; i < sorted.Length; i++)
        {
            var box = 1.0;
            for (var k = 0; k < last; k++)
                box *= lower[k] - sorted[i][k];
            volume += (reference[last] - sorted[i][last]) * (box - Volume(Limited(sorted, i, last), lower));
        }

        return volume;
    }

    /// <summary>What the points after this one dominate of its box, as points of the first coordinates; the dominated left out.</summary>
    private static double[][] Limited(double[][] sorted, int at, int coordinates)
    {
        var limited = new double[sorted.Length - at - 1][];
        for (var i = 0; i < limited.Length; i++)
        {
            limited[i] = new double[coordinates];
            for (var k = 0; k < coordinates; k++)
                limited[i][k] = Math.Max(sorted[at][k], sorted[at + 1 + i][k]);
        }

        var front = NonDominatedSorting.Front(limited);
        return [.. limited.Where((_, i) => front[i])];
    }

    /// <summary>A front of two coordinates, with the area between it and the corner.</summary>
    private sealed class Staircase(double right, double top)
    {
        private readonly List<(double X, double Y)> _steps = []; // x rises, y falls

        public double Area { get; private set; }

        public void Add(double x, double y)
        {
            var at = First(x);
            var isDominated = (at > 0 && _steps[at - 1].Y <= y) || (at < _steps.Count && _steps[at].X == x && _steps[at].Y <= y);
            if (isDominated)
                return;

            var (left, ceiling, end) = (x, at > 0 ? _steps[at - 1].Y : top, at);
            for (; end < _steps.Count && _steps[end].Y >= y; end++)
            {
                Area += (_steps[end].X - left) * (ceiling - y);
                (left, ceiling) = _steps[end];
            }

            Area += ((end < _steps.Count ? _steps[end].X : right) - left) * (ceiling - y);
            _steps.RemoveRange(at, end - at);
            _steps.Insert(at, (x, y));
        }

        /// <summary>Index of the first step that does not begin before x.</summary>
        private int First(double x)
        {
            var (low, high) = (0, _steps.Count);
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (_steps[middle].X < x)
                    low = middle + 1;
                else
                    high = middle;
            }

            return low;
        }
    }
}
