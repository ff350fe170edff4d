using System.Runtime.Intrinsics;

namespace Experiments.Samplers.ParzenEstimators;

/// <summary>Normal densities, cut off at the ends of the unit interval.</summary>
/// <param name="column">The column.</param>
/// <param name="isLocal">Whether each has the bandwidth of its neighbourhood (<see cref="NeighbourRule"/>), and not all
/// the one of <see cref="ScottRule"/>.</param>
internal sealed class ContinuousKernels(ContinuousColumn column, bool isLocal) : Kernels
{
    private double[] _centres = [];
    private double[] _bandwidths = [];
    private double[] _scales = []; // distance times this, squared, is the exponent

    /// <inheritdoc/>
    public override void Fit(ReadOnlySpan<double> coordinates, double factor, int dimensions, Span<double> logHeights)
    {
        Reserve(coordinates.Length);
        coordinates.CopyTo(_centres);
        if (isLocal)
            NeighbourRule.Fill(coordinates, _bandwidths);
        else
            _bandwidths.AsSpan(0, coordinates.Length).Fill(ScottRule.Of(coordinates, factor, dimensions));

        for (var i = 0; i < coordinates.Length; i++)
        {
            _scales[i] = 1 / (Math.Sqrt(2) * _bandwidths[i]);
            logHeights[i] += Math.Log(_scales[i] / Math.Sqrt(Math.PI) / TruncatedNormal.Mass(coordinates[i], _bandwidths[i]));
        }
    }

    /// <inheritdoc/>
    public override void AddAt(double coordinate, Span<double> exponents)
    {
        var at = Vector256.Create(coordinate);
        for (var i = 0; i < exponents.Length; i += Vector256<double>.Count)
        {
            var four = exponents.Slice(i, Vector256<double>.Count);
            var distance = (at - Vector256.Create<double>(_centres.AsSpan(i))) * Vector256.Create<double>(_scales.AsSpan(i));
            (Vector256.Create<double>(four) - (distance * distance)).CopyTo(four);
        }
    }

    /// <inheritdoc/>
    public override double Draw(int observation, KeyedDraws draws) =>
        column.Draw(_centres[observation], _bandwidths[observation], draws);

    private void Reserve(int count)
    {
        var padded = count + Vector256<double>.Count;
        if (_centres.Length < padded)
            (_centres, _bandwidths, _scales) = (new double[2 * padded], new double[2 * padded], new double[2 * padded]);
    }
}
