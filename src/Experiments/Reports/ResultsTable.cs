using System.Collections.Immutable;
using System.Globalization;

namespace Experiments.Reports;

/// <summary>Results as a table and as CSV.</summary>
public static class ResultsTable
{
    /// <summary>A row a trial; the metric stands in the heading where all rows share it.</summary>
    public static ReportTable Of(ResultsDocument results)
    {
        var shared = results.Rows.Select(row => row.Metric).Distinct().ToArray() is [var metric] ? " " + metric : "";
        var values = SharedValues.Of(results.Rows.Select(row => row.Values));
        return new ReportTable
        {
            Columns =
            [
                new("trial"),
                new("task", Priority: 5),
                new("method"),
                new("config", Priority: 4),
                new("seed", Alignment.Right, 3),
                new("state"),
                .. shared.Length > 0 ? [] : new Column[] { new("metric", Priority: 2) },
                new(results.HasTestSplit ? "validation" + shared : shared.Length > 0 ? shared.Trim() : "value", Alignment.Right),
                .. results.HasTestSplit ? new Column[] { new("test" + shared, Alignment.Right, 2) } : [],
                new("step", Alignment.Right, 3),
                new("time", Alignment.Right, 4),
                new("values", Priority: 1, Overflow: Overflow.Cut),
            ],
            Rows = [.. results.Rows.Select(row => Cells(row, shared.Length > 0, results.HasTestSplit, values))],
            Notes = results.Rows.IsEmpty ? ["No trial of this kind."] :
            [
                .. values.Notes,
                .. results.HasTestSplit ? [] : new[] { "No test split: a program has one when it reports test_METRIC too." },
                .. Changes(results),
            ],
        };
    }

    private static string[] Changes(ResultsDocument results)
    {
        var changed = results.Rows.Where(row => row.Segments is not null).Select(row => row.Trial.ToString()).ToList();
        return changed.Count == 0 ? []
            : [$"Values are the last ones; they changed while {string.Join(", ", changed)} trained: see suggest-why."];
    }

    /// <summary>All fields at full precision.</summary>
    public static string Csv(ResultsDocument results)
    {
        var metrics = results.Rows.SelectMany(row => row.Metrics.Keys).Distinct().Order(StringComparer.Ordinal);
        var parameters = results.Rows.SelectMany(row => row.Values.Values.Keys).Distinct().Order(StringComparer.Ordinal);
        return Reports.Csv.Of(
            results.Rows,
            [
                ("sweep", _ => results.Sweep),
                ("trial", row => row.Trial),
                ("block", row => row.Block),
                ("task", row => row.Task),
                ("entry", row => row.Entry),
                ("configuration", row => row.Configuration),
                ("seed", row => row.Seed),
                ("state", row => SnakeCase.Of(row.State)),
                ("step", row => row.Step),
                ("attempt", row => row.Attempt),
                ("elapsed_seconds", row => row.Elapsed),
                ("trainable_parameters", row => row.TrainableParameters),
                ("peak_memory_bytes", row => row.PeakMemoryBytes),
                ("device", row => row.Device),
                ("node", row => row.Node),
                ("cause", row => row.Cause is { } cause ? SnakeCase.Of(cause) : null),
                ("message", row => row.Message),
                ("feasible", row => row.Feasible),
                ("violation", row => row.Violation),
                .. metrics.Select(name => (name, (Func<ResultRow, object?>)(row =>
                    row.Metrics.TryGetValue(name, out var value) ? value : null))),
                .. parameters.Select(name => (name, (Func<ResultRow, object?>)(row => row.Values.Values.GetValueOrDefault(name)))),
            ]);
    }

    private static ImmutableArray<Cell> Cells(ResultRow row, bool oneMetric, bool hasTestSplit, SharedValues values) =>
    [
        row.Trial.ToString(),
        row.Task,
        row.Entry,
        $"c{row.Configuration}",
        row.Seed.ToString(CultureInfo.InvariantCulture),
        new Cell(State(row), row.Cause is null ? Tone.Plain : Tone.Bad),
        .. oneMetric ? [] : new Cell[] { row.Metric },
        Value(row.Validation),
        .. hasTestSplit ? new Cell[] { Value(row.Test) } : [],
        row.Step.ToString(CultureInfo.InvariantCulture),
        row.Elapsed > TimeSpan.Zero ? Digits.Duration(row.Elapsed) : "",
        values.Others(row.Values),
    ];

    private static string State(ResultRow row) =>
        row.Cause is { } cause ? $"{SnakeCase.Of(row.State)}, {SnakeCase.Of(cause)}"
        : row.Feasible == false ? $"{SnakeCase.Of(row.State)}, infeasible"
        : SnakeCase.Of(row.State);

    private static string Value(double? value) => value is { } known ? Digits.Significant(known, 4) : "";
}
