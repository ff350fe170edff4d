using System.Runtime.Intrinsics;

namespace Experiments.Samplers.ParzenEstimators;

/// <summary>Normal densities, cut off at the ends of the unit interval.</summary>
internal sealed class ContinuousKernels(ContinuousColumn column) : Kernels
{
    private double[] _centres = [];
    private double _scale; // distance times this, squared, is the exponent

    /// <inheritdoc/>
    public override void Fit(ReadOnlySpan<double> coordinates, double factor, int dimensions, Span<double> logHeights)
    {
        if (_centres.Length < coordinates.Length + Vector256<double>.Count)
            _centres = new double[(2 * coordinates.Length) + Vector256<double>.Count];
        coordinates.CopyTo(_centres);
        Bandwidth = ScottRule.Of(coordinates, factor, dimensions);
        _scale = 1 / (Math.Sqrt(2) * Bandwidth);

        var height = 1 / (Math.Sqrt(2 * Math.PI) * Bandwidth);
        for (var i = 0; i < coordinates.Length; i++)
            logHeights[i] += Math.Log(height / TruncatedNormal.Mass(coordinates[i], Bandwidth));
    }

    /// <inheritdoc/>
    public override void AddAt(double coordinate, Span<double> exponents)
    {
        var (at, scale) = (Vector256.Create(coordinate), Vector256.Create(_scale));
        for (var i = 0; i < exponents.Length; i += Vector256<double>.Count)
        {
            var four = exponents.Slice(i, Vector256<double>.Count);
            var distance = (at - Vector256.Create<double>(_centres.AsSpan(i))) * scale;
            (Vector256.Create<double>(four) - (distance * distance)).CopyTo(four);
        }
    }

    /// <inheritdoc/>
    public override double Draw(int observation, KeyedDraws draws) => column.Draw(_centres[observation], Bandwidth, draws);
}
