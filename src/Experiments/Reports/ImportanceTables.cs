using System.Collections.Immutable;
using System.Globalization;
using Experiments.Comparison;

namespace Experiments.Reports;

/// <summary>The importance of parameters as a table, one a task block.</summary>
public static class ImportanceTables
{
    private const int BarWidth = 20;

    /// <summary>A table a block, in file order.</summary>
    public static IEnumerable<ReportTable> Of(ParameterImportance importance) => importance.Blocks.Select(Table);

    private static ReportTable Table(ImportanceBlock block) => new()
    {
        Lead =
        [
            $"importance for {block.Metric} on validation · {BlockText.Of(block.Task, block.Size, block.Base)}",
            "share of the variance over the searched ranges (fANOVA), for each method by itself · alone: whatever the others are · "
            + "in all: with its interactions · ± standard error",
        ],
        Columns =
        [
            new("method"),
            new("parameter", Overflow: Overflow.Cut),
            new("alone", Alignment.Right),
            new("± alone", Alignment.Right, 1),
            new("in all", Alignment.Right),
            new("± in all", Alignment.Right, 1),
            new("active", Alignment.Right, 3),
            new("chart", Priority: 2),
        ],
        Rows = [.. block.Entries.SelectMany(entry => entry.Parameters.Select((row, index) => Row(entry, row, index)))],
        Notes = [.. Notes(block)],
    };

    private static ImmutableArray<Cell> Row(EntryImportance entry, ImportanceRow row, int index) =>
    [
        index == 0 ? entry.Entry : "",
        row.Parameter,
        Percent(row.Alone),
        Percent(row.AloneError),
        Percent(row.InAll),
        Percent(row.InAllError),
        Percent(row.Active),
        new string('#', Bars(row.Alone)).PadRight(Bars(row.InAll), '+'),
    ];

    private static int Bars(double share) => (int)Math.Round(Math.Clamp(share, 0, 1) * BarWidth);

    private static IEnumerable<string> Notes(ImportanceBlock block)
    {
        if (block.Entries.Any(entry => entry.Parameters.Length > 0))
            yield return "Chart: # alone, + by interactions.";

        var few = block.Entries
            .Where(entry => entry.Searched > 0 && entry.Configurations < ParameterImportance.LeastConfigurations)
            .Select(entry => $"{entry.Entry} {entry.Configurations}")
            .ToArray();
        if (few.Length > 0)
        {
            yield return $"Shown from {ParameterImportance.LeastConfigurations} configurations with a result on: "
                + $"{string.Join(", ", few)} so far.";
        }

        var still = block.Entries.Where(entry => entry is { Searched: > 0, Parameters.IsEmpty: true }
            && entry.Configurations >= ParameterImportance.LeastConfigurations).Select(entry => entry.Entry).ToArray();
        if (still.Length > 0)
            yield return $"All configurations came to the same value: {string.Join(", ", still)}.";

        var fixedOnes = block.Entries.Where(entry => entry.Searched == 0).Select(entry => entry.Entry).ToArray();
        if (fixedOnes.Length > 0)
            yield return $"Nothing is searched: {string.Join(", ", fixedOnes)}.";
    }

    private static string Percent(double share) => share.ToString("0 %", CultureInfo.InvariantCulture);
}
