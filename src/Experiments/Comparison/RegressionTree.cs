using MathNet.Numerics.Random;

namespace Experiments.Comparison;

/// <summary>
/// A regression tree over the unit cube, kept as its leaves: boxes that fill the cube, each with a value, so that integrals over
/// coordinates are sums. Where a coordinate is split that a row lacks (NaN), the row goes to both sides: once a split by what the
/// coordinate depends on sets such rows apart, both sides have the same value for them, as it should be.
/// </summary>
/// <remarks>Breiman et al. 1984, least squares.</remarks>
internal sealed class RegressionTree
{
    private readonly double[][] _points;
    private readonly double[] _values;
    private readonly int _leastRows;
    private readonly double[] _keys;
    private readonly List<Leaf> _leaves = [];

    private RegressionTree(double[][] points, double[] values, int leastRows) =>
        (_points, _values, _leastRows, _keys) = (points, values, leastRows, new double[values.Length]);

    /// <summary>A box and the value in it.</summary>
    internal sealed record Leaf(double[] Low, double[] High, double Value)
    {
        public double Width(int dimension) => High[dimension] - Low[dimension];

        public double Overlap(Leaf other, int dimension) =>
            Math.Max(0, Math.Min(High[dimension], other.High[dimension]) - Math.Max(Low[dimension], other.Low[dimension]));

        public double Volume
        {
            get
            {
                var volume = 1.0;
                for (var k = 0; k < Low.Length; k++)
                    volume *= High[k] - Low[k];
                return volume;
            }
        }
    }

    /// <summary>The leaves of a tree grown on as many rows, drawn with replacement, as there are.</summary>
    /// <param name="points">Rows of coordinates in [0, 1], NaN where a row has none.</param>
    /// <param name="values">Value of each row.</param>
    /// <param name="leastRows">Rows that a leaf has at least.</param>
    /// <param name="random">Draws the rows.</param>
    public static IReadOnlyList<Leaf> Grow(double[][] points, double[] values, int leastRows, RandomSource random)
    {
        var rows = new int[values.Length];
        for (var i = 0; i < rows.Length; i++)
            rows[i] = random.Next(values.Length);

        var tree = new RegressionTree(points, values, leastRows);
        var dimensions = points[0].Length;
        tree.Split(rows, [.. Enumerable.Repeat(0.0, dimensions)], [.. Enumerable.Repeat(1.0, dimensions)]);
        return tree._leaves;
    }

    private void Split(int[] rows, double[] low, double[] high)
    {
        var (best, dimension, threshold) = (0.0, -1, 0.0);
        for (var candidate = 0; candidate < low.Length; candidate++)
        {
            if (BestSplit(rows, candidate) is var (gain, at) && gain > best)
                (best, dimension, threshold) = (gain, candidate, at);
        }

        if (dimension < 0 || _leaves.Count >= _values.Length) // rows that go to both sides could make more leaves than rows
        {
            _leaves.Add(new Leaf(low, high, Mean(rows)));
            return;
        }

        double[] middleHigh = [.. high], middleLow = [.. low];
        middleHigh[dimension] = middleLow[dimension] = threshold;
        Split(Array.FindAll(rows, row => !(_points[row][dimension] > threshold)), low, middleHigh);
        Split(Array.FindAll(rows, row => !(_points[row][dimension] < threshold)), middleLow, high);
    }

    /// <summary>The threshold that lowers the sum of squares of the rows that have the coordinate most, with by how much; a gain of 0
    /// where there is none.</summary>
    private (double Gain, double Threshold) BestSplit(int[] rows, int dimension)
    {
        var keys = Sort(rows, dimension);
        var absent = 0; // they come first
        while (absent < keys.Length && double.IsNaN(keys[absent]))
            absent++;
        var present = rows.AsSpan(absent);
        var sorted = keys[absent..];
        if (present.Length < 2 * _leastRows)
            return default;

        var mean = Mean(present);
        var scale = 0.0;
        foreach (var row in present)
            scale += (_values[row] - mean) * (_values[row] - mean);
        var (best, threshold, left) = (1e-12 * scale, 0.0, 0.0);
        for (var i = 1; i <= present.Length - _leastRows; i++)
        {
            left += _values[present[i - 1]] - mean;
            var gain = left * left * (1.0 / i + 1.0 / (present.Length - i));
            if (i >= _leastRows && sorted[i] > sorted[i - 1] && gain > best)
                (best, threshold) = (gain, sorted[i - 1] + (sorted[i] - sorted[i - 1]) / 2);
        }

        return threshold > 0 ? (best, threshold) : default;
    }

    /// <summary>Sorts rows by a coordinate.</summary>
    /// <returns>Their coordinates.</returns>
    private Span<double> Sort(int[] rows, int dimension)
    {
        var keys = _keys.AsSpan(0, rows.Length);
        for (var i = 0; i < rows.Length; i++)
            keys[i] = _points[rows[i]][dimension];
        keys.Sort(rows.AsSpan());
        return keys;
    }

    private double Mean(ReadOnlySpan<int> rows)
    {
        var sum = 0.0;
        foreach (var row in rows)
            sum += _values[row];
        return sum / rows.Length;
    }
}
