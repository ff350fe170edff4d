using Experiments.Sweeps;

namespace Experiments.Samplers.ParzenEstimators;

/// <summary>Values without an order: a kernel counts its own value once and every value <c>bandwidth</c> times, as Aitchison
/// and Aitken (1976) smooth a table. With n observations the bandwidth is 1/(n + 1).</summary>
internal sealed class CategoricalColumn(Axis axis) : ListedColumn(axis)
{
    /// <inheritdoc/>
    public override double Draw(KeyedDraws draws) => draws.Below(Count);

    /// <inheritdoc/>
    public override double Draw(double centre, double bandwidth, KeyedDraws draws) =>
        draws.Real() * (1 + (Count * bandwidth)) < 1 ? centre : draws.Below(Count);

    /// <inheritdoc/>
    public override double Bandwidth(ReadOnlySpan<double> coordinates, double factor, int dimensions) => 1.0 / (coordinates.Length + 1);

    /// <inheritdoc/>
    public override void Tabulate(double bandwidth, Span<double> table)
    {
        var total = 1 + (Count * bandwidth);
        table.Fill(Math.Log(Count * bandwidth / total));
        for (var value = 0; value < Count; value++)
            table[(value * Count) + value] = Math.Log(Count * (1 + bandwidth) / total);
    }
}
