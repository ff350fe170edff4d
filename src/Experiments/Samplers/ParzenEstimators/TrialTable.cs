using Experiments.Sweeps;

namespace Experiments.Samplers.ParzenEstimators;

/// <summary>
/// The coordinates of a history's configurations, by place in the history; NaN where a parameter is absent. A row is kept
/// from question to question, together with the configuration that it was read from, and read again for any other one.
/// </summary>
internal sealed class TrialTable(SearchSpace space, Column?[] columns)
{
    private Configuration?[] _read = [];
    private double[] _cells = [];

    /// <summary>The coordinate of a trial's parameter.</summary>
    public double this[int trial, int parameter] => _cells[(trial * columns.Length) + parameter];

    /// <summary>Whether a trial has a parameter, with a value of its domain.</summary>
    public bool Has(int trial, int parameter) => !double.IsNaN(this[trial, parameter]);

    /// <summary>The coordinates of a trial.</summary>
    public ReadOnlySpan<double> Row(int trial) => _cells.AsSpan(trial * columns.Length, columns.Length);

    /// <summary>The coordinates of a configuration.</summary>
    public double[] RowOf(Configuration configuration)
    {
        var row = new double[columns.Length];
        Read(configuration, row);
        return row;
    }

    /// <summary>Makes the rows those of this history.</summary>
    public void Read(IReadOnlyList<Observation> history)
    {
        if (_read.Length < history.Count)
        {
            Array.Resize(ref _read, 2 * history.Count);
            Array.Resize(ref _cells, 2 * history.Count * columns.Length);
        }

        for (var trial = 0; trial < history.Count; trial++)
        {
            var configuration = history[trial].Configuration;
            if (!ReferenceEquals(_read[trial], configuration))
                Read(configuration, _cells.AsSpan(trial * columns.Length, columns.Length));
            _read[trial] = configuration;
        }
    }

    private void Read(Configuration configuration, Span<double> row)
    {
        for (var parameter = 0; parameter < row.Length; parameter++)
        {
            row[parameter] = columns[parameter] is { } column
                && configuration.Values.TryGetValue(space.Parameters[parameter].Name, out var value)
                    ? column.CoordinateOf(value)
                    : double.NaN;
        }
    }
}
