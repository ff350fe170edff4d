using Experiments.Sweeps;

namespace Experiments.Samplers.ParzenEstimators;

/// <summary>Values that are listed: the coordinate is the position, and a kernel has a mass for each value.</summary>
internal abstract class ListedColumn(Axis axis) : Column
{
    /// <summary>How many values there are.</summary>
    public int Count { get; } = (int)axis.Count;

    /// <inheritdoc/>
    public override double CoordinateOf(ParameterValue value) => axis.PositionOf(value) is >= 0 and var position ? position : double.NaN;

    /// <inheritdoc/>
    public override ParameterValue ValueAt(double coordinate) => axis[(long)coordinate];

    /// <inheritdoc/>
    public override Kernels NewKernels(bool isLocal) => new ListedKernels(this);

    /// <summary>The bandwidth for observations at these coordinates.</summary>
    public abstract double Bandwidth(ReadOnlySpan<double> coordinates, double factor, int dimensions);

    /// <summary>Fills in the logarithm of each kernel's mass over the prior's: for each value a row of all centres.</summary>
    public abstract void Tabulate(double bandwidth, Span<double> table);
}
