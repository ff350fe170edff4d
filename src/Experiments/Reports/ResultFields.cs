using Experiments.Sweeps;

namespace Experiments.Reports;

/// <summary>What results can be sorted and filtered by: columns, metrics, parameters, under the names that the table shows.</summary>
internal static class ResultFields
{
    private static readonly SortedDictionary<string, Func<ResultRow, ParameterValue?>> Columns = new(StringComparer.Ordinal)
    {
        ["trial"] = row => Number(row.Trial.Number),
        ["task"] = row => Text(row.Task),
        ["method"] = row => Text(row.Entry),
        ["config"] = row => Number(row.Configuration),
        ["seed"] = row => Number(row.Seed),
        ["state"] = row => Text(SnakeCase.Of(row.State)),
        ["cause"] = row => row.Cause is { } cause ? Text(SnakeCase.Of(cause)) : null,
        ["feasible"] = row => row.Feasible is { } feasible ? Text(feasible ? "true" : "false") : null,
        ["violation"] = row => Real(row.Violation),
        ["metric"] = row => Text(row.Metric),
        ["validation"] = row => Real(row.Validation),
        ["test"] = row => Real(row.Test),
        ["step"] = row => Number(row.Step),
        ["attempt"] = row => Number(row.Attempt),
        ["time"] = row => Real(row.Elapsed.TotalSeconds),
        ["trainable"] = row => row.TrainableParameters is { } count ? Number(count) : null,
        ["peak"] = row => row.PeakMemoryBytes is { } bytes ? Number(bytes) : null,
        ["device"] = row => row.Device is { } device ? Text(device) : null,
        ["node"] = row => row.Node is { } node ? Text(node) : null,
    };

    /// <summary>Every name that some row has a value under.</summary>
    public static IReadOnlySet<string> Names(IEnumerable<ResultRow> rows)
    {
        var names = new SortedSet<string>(Columns.Keys, StringComparer.Ordinal);
        foreach (var row in rows)
        {
            names.Add(row.Metric);
            names.UnionWith(row.Metrics.Keys);
            names.UnionWith(row.Values.Values.Keys);
        }

        return names;
    }

    /// <summary>The value of a row, or null where it has none. A metric without split means validation: who sorts trials
    /// by their test value chooses by it.</summary>
    public static ParameterValue? Of(ResultRow row, string name) =>
        Columns.TryGetValue(name, out var column) ? column(row)
        : row.Values.Values.TryGetValue(name, out var parameter) ? parameter
        : row.Metrics.TryGetValue(name, out var metric) ? Real(metric)
        : name == row.Metric ? Real(row.Validation)
        : null;

    private static ParameterValue.Integer Number(long value) => new(value);

    private static ParameterValue.Real? Real(double? value) => value is { } known ? new(known) : null;

    private static ParameterValue.Text Text(string value) => new(value);
}
