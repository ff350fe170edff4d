namespace Experiments.Samplers.ParzenEstimators;

/// <summary>Tables of masses.</summary>
internal sealed class ListedKernels(ListedColumn column) : Kernels
{
    private readonly double[] _table = new double[column.Count * column.Count];
    private int[] _centres = [];
    private double _bandwidth;

    /// <inheritdoc/>
    public override void Fit(ReadOnlySpan<double> coordinates, double factor, int dimensions, Span<double> logHeights)
    {
        // Longer than the observations: an exponent beyond them reads a centre that does not matter, but must be one.
        if (_centres.Length < logHeights.Length)
            _centres = new int[2 * logHeights.Length];
        for (var i = 0; i < coordinates.Length; i++)
            _centres[i] = (int)coordinates[i];
        _bandwidth = column.Bandwidth(coordinates, factor, dimensions);
        column.Tabulate(_bandwidth, _table);
    }

    /// <inheritdoc/>
    public override void AddAt(double coordinate, Span<double> exponents)
    {
        var row = _table.AsSpan((int)coordinate * column.Count, column.Count);
        for (var i = 0; i < exponents.Length; i++)
            exponents[i] += row[_centres[i]];
    }

    /// <inheritdoc/>
    public override double Draw(int observation, KeyedDraws draws) => column.Draw(_centres[observation], _bandwidth, draws);
}
