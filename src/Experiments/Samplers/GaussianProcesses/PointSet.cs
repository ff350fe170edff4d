namespace Experiments.Samplers.GaussianProcesses;

/// <summary>Points as a kernel sees them, coordinate by coordinate: first reals, then codes of categories.</summary>
internal sealed class PointSet
{
    private readonly double[] _columns;

    private PointSet(int reals, int codes, int count)
    {
        (Reals, Codes, Count) = (reals, codes, count);
        Stride = PaddedMatrix.PaddedLength(count);
        _columns = new double[(reals + codes) * Stride];
    }

    /// <summary>How many coordinates are reals.</summary>
    public int Reals { get; }

    /// <summary>How many coordinates are codes, equal or not and nothing between.</summary>
    public int Codes { get; }

    /// <summary>How many points there are.</summary>
    public int Count { get; }

    /// <summary>The length of a column, padded to whole vectors.</summary>
    public int Stride { get; }

    /// <summary>A set of points of that many reals and codes.</summary>
    public static PointSet Of(int reals, int codes, IReadOnlyList<double[]> points)
    {
        var set = new PointSet(reals, codes, points.Count);
        for (var point = 0; point < points.Count; point++)
        {
            for (var coordinate = 0; coordinate < reals + codes; coordinate++)
                set._columns[coordinate * set.Stride + point] = points[point][coordinate];
        }

        return set;
    }

    /// <summary>The first element of a coordinate's column.</summary>
    public ref double Start(int coordinate) => ref _columns[coordinate * Stride];

    /// <summary>A point, its coordinates together again.</summary>
    public void CopyTo(int point, Span<double> coordinates)
    {
        for (var coordinate = 0; coordinate < Reals + Codes; coordinate++)
            coordinates[coordinate] = _columns[coordinate * Stride + point];
    }
}
