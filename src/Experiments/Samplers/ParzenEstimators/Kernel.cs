using System.Runtime.Intrinsics;

namespace Experiments.Samplers.ParzenEstimators;

/// <summary>One column of an estimator: the coordinates that its components stand on, and their common bandwidth.</summary>
internal abstract class Kernel
{
    /// <summary>The bandwidth of the last fit.</summary>
    public double Bandwidth { get; protected set; }

    /// <summary>Takes the coordinates and adds the logarithms of the kernels' heights. A component without a coordinate has
    /// the prior there.</summary>
    public abstract void Fit(ReadOnlySpan<double> coordinates, BandwidthRule rule, Span<double> logHeights);

    /// <summary>Adds the logarithm of each component's kernel at a coordinate, short of its height.</summary>
    public abstract void AddTo(Span<double> exponents, double coordinate);

    /// <summary>Draws from a component's kernel.</summary>
    public abstract double Draw(int component, KeyedDraws draws);

    public abstract double Near(double c, double shrink, KeyedDraws draws);
}

/// <summary>Normal kernels.</summary>
internal sealed class ContinuousKernel(ContinuousColumn column) : Kernel
{
    private double[] _centres = [];
    private double _scale; // 1 / (bandwidth * sqrt 2)

    public override void Fit(ReadOnlySpan<double> coordinates, BandwidthRule rule, Span<double> logHeights)
    {
        if (_centres.Length < coordinates.Length + 4)
            _centres = new double[(coordinates.Length * 2) + 4];
        coordinates.CopyTo(_centres);
        Bandwidth = rule.Of(coordinates);
        _scale = 1 / (Bandwidth * Math.Sqrt(2));
        var logHeight = -Math.Log(Bandwidth * Math.Sqrt(2 * Math.PI));
        for (var i = 0; i < coordinates.Length; i++)
        {
            if (!double.IsNaN(coordinates[i]))
                logHeights[i] += logHeight - Math.Log(TruncatedNormal.MassInside(coordinates[i], Bandwidth));
        }
    }

    public override void AddTo(Span<double> exponents, double coordinate)
    {
        var (at, scale) = (Vector256.Create(coordinate), Vector256.Create(_scale));
        for (var i = 0; i < exponents.Length; i += Vector256<double>.Count)
        {
            var distance = (at - Vector256.LoadUnsafe(ref _centres[i])) * scale;
            var square = distance * distance;
            ref var exponent = ref exponents[i];
            (Vector256.LoadUnsafe(ref exponent) - Vector256.ConditionalSelect(Vector256.Equals(square, square), square, Vector256<double>.Zero))
                .StoreUnsafe(ref exponent);
        }
    }

    public override double Draw(int component, KeyedDraws draws) => column.DrawNear(_centres[component], Bandwidth, draws);
    public override double Near(double c, double shrink, KeyedDraws draws) => column.DrawNear(c, Bandwidth * shrink, draws);
}

/// <summary>Tabulated kernels.</summary>
internal sealed class ListedKernel(ListedColumn column) : Kernel
{
    private readonly double[] _table = new double[column.Count * column.Count];
    private int[] _positions = [];

    public override void Fit(ReadOnlySpan<double> coordinates, BandwidthRule rule, Span<double> logHeights)
    {
        if (_positions.Length < coordinates.Length + 4)
            _positions = new int[(coordinates.Length * 2) + 4];
        var known = new List<int>();
        for (var i = 0; i < coordinates.Length; i++)
        {
            _positions[i] = double.IsNaN(coordinates[i]) ? -1 : (int)coordinates[i];
            if (_positions[i] >= 0)
                known.Add(_positions[i]);
        }
        Bandwidth = column.Bandwidth(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(known), rule);
        column.Tabulate(Bandwidth, _table);
    }

    public override void AddTo(Span<double> exponents, double coordinate)
    {
        var row = _table.AsSpan((int)coordinate * column.Count, column.Count);
        for (var i = 0; i < exponents.Length; i++)
        {
            if (_positions[i] >= 0)
                exponents[i] += row[_positions[i]];
        }
    }

    public override double Draw(int component, KeyedDraws draws) => column.DrawNear(_positions[component], Bandwidth, draws);
    public override double Near(double c, double shrink, KeyedDraws draws) => column.DrawNear(c, Bandwidth * shrink, draws);
}
