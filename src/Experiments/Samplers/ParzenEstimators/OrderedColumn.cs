using Experiments.Sweeps;

namespace Experiments.Samplers.ParzenEstimators;

/// <summary>Whole numbers, steps or ordered choices: a value has the normal kernel's mass between the half steps on both sides.</summary>
internal sealed class OrderedColumn : ListedColumn
{
    private readonly double[] _places; // of each value
    private readonly double[] _edges; // of the cells, one more: from 0 to 1

    public OrderedColumn(Axis axis, Scale scale) : base(axis)
    {
        _places = new double[Count];
        _edges = new double[Count + 1];
        for (var value = 0; value < Count; value++)
        {
            var number = Scale.NumberOf(axis[value]);
            _places[value] = scale.PlaceOf(number);
            if (value > 0)
                _edges[value] = scale.PlaceOf((number + Scale.NumberOf(axis[value - 1])) / 2);
        }

        _edges[Count] = 1;
    }

    /// <summary>Values whose distance is that of their positions.</summary>
    public OrderedColumn(Axis axis) : base(axis)
    {
        _places = [.. Enumerable.Range(0, Count).Select(value => (value + 0.5) / Count)];
        _edges = [.. Enumerable.Range(0, Count + 1).Select(edge => edge / (double)Count)];
    }

    /// <inheritdoc/>
    public override double Draw(KeyedDraws draws) => CellOf(draws.Real());

    /// <inheritdoc/>
    public override double Draw(double centre, double bandwidth, KeyedDraws draws) =>
        CellOf(TruncatedNormal.Draw(_places[(int)centre], bandwidth, draws));

    /// <summary>Scott's, but at least half a mean step: a narrower kernel would never come off its own value.</summary>
    public override double Bandwidth(ReadOnlySpan<double> coordinates, double factor, int dimensions)
    {
        Span<double> places = coordinates.Length <= 1024 ? stackalloc double[coordinates.Length] : new double[coordinates.Length];
        for (var i = 0; i < places.Length; i++)
            places[i] = _places[(int)coordinates[i]];
        return Math.Max(ScottRule.Of(places, factor, dimensions), 0.5 / Count);
    }

    /// <inheritdoc/>
    public override void Tabulate(double bandwidth, Span<double> table)
    {
        for (var centre = 0; centre < Count; centre++)
        {
            var whole = TruncatedNormal.Mass(_places[centre], bandwidth);
            for (var value = 0; value < Count; value++)
            {
                var mass = TruncatedNormal.Mass(_places[centre], bandwidth, _edges[value], _edges[value + 1]) / whole;
                table[(value * Count) + centre] = Math.Log(mass / (_edges[value + 1] - _edges[value]));
            }
        }
    }

    private int CellOf(double place)
    {
        var edge = _edges.AsSpan(1, Count - 1).BinarySearch(place);
        return edge >= 0 ? edge + 1 : ~edge;
    }
}
