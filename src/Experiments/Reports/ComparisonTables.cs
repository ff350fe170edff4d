using System.Collections.Immutable;
using System.Globalization;
using Experiments.Comparison;

namespace Experiments.Reports;

/// <summary>A comparison as tables: for each task block the methods, then the configurations that stand for them, then the
/// trade-off where several objectives are stated; last what became of the claims.</summary>
public static class ComparisonTables
{
    /// <summary>The tables of all blocks, in file order.</summary>
    public static IEnumerable<ReportTable> Of(SweepComparison comparison) => OfBlocks(comparison).Concat(ClaimTables.Of(comparison));

    /// <summary>The same without the claims.</summary>
    public static IEnumerable<ReportTable> OfBlocks(SweepComparison comparison) =>
        comparison.Blocks.SelectMany<BlockComparison, ReportTable>(block =>
        [
            Methods(block, comparison.Confidence),
            Chosen(block),
            .. block.TradeOff is { } tradeOff ? TradeOffTables.Of(tradeOff) : [],
        ]);

    private static ReportTable Methods(BlockComparison block, double confidence)
    {
        var tested = block.Comparisons > 0;
        var counted = block.Rows.Any(row => row.TrainableParameters is not null) || block.Base.Length > 0;
        string[] devices =
            [.. block.Rows.SelectMany(row => row.Costs).Select(cost => cost.Device).Distinct().Order(StringComparer.Ordinal)];
        return new ReportTable
        {
            Lead = Lead(block, confidence),
            Columns =
            [
                new("method"),
                new("n", Alignment.Right, 1),
                new(block.Metric, Alignment.Right),
                new("interval", Priority: 2),
                .. block.Reference is null ? [] : new Column[] { new($"against {block.Reference}", Alignment.Right, 1) },
                .. tested ? new Column[] { new("p", Alignment.Right, 2) } : [],
                .. counted ? new Column[] { new("trainable", Alignment.Right, 3) } : [],
                .. devices.SelectMany(device => CostColumns(devices.Length == 1 ? "" : " " + device)),
                new("*", Priority: 6),
                .. tested ? new Column[] { new("effect", Alignment.Right, 7), new("wilcoxon", Alignment.Right, 8) } : [],
                .. counted ? new Column[] { new("total", Alignment.Right, 9) } : [],
            ],
            Rows = [.. block.Rows.Select(row => Cells(row, block, devices, tested, counted))],
            Notes = [.. ComparisonNotes.Of(block, confidence)],
        };
    }

    private static Column[] CostColumns(string device) =>
        [new("time" + device, Alignment.Right, 4), new("peak" + device, Alignment.Right, 5)];

    private static ImmutableArray<string> Lead(BlockComparison block, double confidence)
    {
        var kinds = block.Rows.SelectMany(row => new[] { row.Test, row.AgainstReference?.Difference })
            .Select(estimate => estimate?.Interval?.Kind)
            .Distinct()
            .OfType<IntervalKind>()
            .Where(kind => kind != IntervalKind.Constant)
            .Order()
            .Select(kind => kind == IntervalKind.T ? "t" : "bias-corrected bootstrap")
            .ToArray();
        var interval = kinds.Length == 0 ? "" : $" · {confidence:0.##%} interval by {string.Join(" or ", kinds)}";
        var paired = block.Reference is null ? "" : $" · paired by seed with {block.Reference}";
        var holm = block.Comparisons == 0 ? "" : $" · p by sign flips, Holm over {block.Comparisons}";
        var goal = block.Maximize ? "more is better" : "less is better";
        var what = BlockText.Of(block.Task, block.Size, block.Base);
        return
        [
            $"{block.Metric} ({goal}) · {what} · {(block.HasTestSplit ? "test split" : "no test split")}{interval}",
            $"one configuration a method, chosen on {(block.HasTestSplit ? "validation" : "the same values")}{paired}{holm}",
            .. block.Budget is { } budget ? new[] { Budget(budget) } : [],
        ];
    }

    private static string Budget(EqualBudget budget)
    {
        var amount = budget.Trials is { } trials ? $"{trials} trials" : $"{Digits.Duration(budget.Time!.Value)} of device time";
        var unbounded = budget.Unbounded.IsEmpty ? "" : $" · nothing to tune: {string.Join(", ", budget.Unbounded)}";
        return budget.Trials == 0 || budget.Time == TimeSpan.Zero
            ? $"equal budget: nothing is tuned so far{unbounded}"
            : $"equal budget: at most {amount} a method, its first configurations{unbounded}";
    }

    private static ImmutableArray<Cell> Cells(MethodRow row, BlockComparison block, string[] devices, bool tested, bool counted)
    {
        var against = row.AgainstReference;
        return
        [
            row.Entry,
            Text(row.Test?.Count),
            row.Test is null ? new Cell("no result", Tone.Quiet) : Digits.Mean(row.Test),
            row.Test is null ? "" : Digits.Interval(row.Test),
            .. block.Reference is null ? [] : new Cell[] { row.Reference ? new Cell("reference", Tone.Quiet) : Against(row) },
            .. tested ? new Cell[] { PValue(against) } : [],
            .. counted ? new Cell[] { row.TrainableParameters is { } trainable ? Digits.Count(trainable) : "" } : [],
            .. devices.SelectMany(device => CostCells(row.Costs.FirstOrDefault(cost => cost.Device == device))),
            row.OnParetoFront ? "*" : "",
            .. tested
                ? new Cell[]
                {
                    Effect(against),
                    against?.WilcoxonP is { } wilcoxon ? Digits.P(wilcoxon) : "",
                }
                : [],
            .. counted ? new Cell[] { row.TotalParameters is { } total ? Digits.Count(total) : "" } : [],
        ];
    }

    private static Cell[] CostCells(DeviceCost? cost) =>
        cost is null ? ["", ""] : [Digits.Duration(cost.MeanElapsed), Digits.Bytes(cost.PeakMemoryBytes)];

    private static Cell Against(MethodRow row)
    {
        if (row.AgainstReference is not { } against)
            return "";
        var interval = Digits.Interval(against.Difference, signed: true);
        return new Cell(
            $"{Digits.Mean(against.Difference, signed: true)} {interval}".TrimEnd(),
            against.Verdict == Verdict.Better && row.Chosen!.Violations.IsEmpty ? Tone.Strong : Tone.Plain);
    }

    private static string Effect(PairedDifference? against) => against switch
    {
        { EffectSize: { } effect } => effect.ToString("+0.0;-0.0", CultureInfo.InvariantCulture),
        { Difference: { StandardDeviation: 0, Mean: var mean } } => mean > 0 ? "+∞" : mean < 0 ? "-∞" : "undefined",
        _ => "",
    };

    private static Cell PValue(PairedDifference? against) => against switch
    {
        null => "",
        { HolmP: { } holm } => Digits.P(holm),
        _ => new Cell("too few", Tone.Quiet),
    };

    private static ReportTable Chosen(BlockComparison block)
    {
        MethodRow[] rows = [.. block.Rows.Where(row => row.Chosen is not null)];
        var shared = SharedValues.Of(rows.Select(row => row.Chosen!.Values));
        return new ReportTable
        {
            Columns =
            [
                new("method"),
                new("chosen"),
                new("tried", Alignment.Right, 2),
                new(block.HasTestSplit ? $"validation {block.Metric}" : block.Metric, Alignment.Right, 1),
                new("values", Overflow: Overflow.Cut),
            ],
            Rows =
            [
                .. rows.Select(row => (ImmutableArray<Cell>)
                [
                    row.Entry,
                    row.Chosen!.Violations.IsEmpty ? $"c{row.Chosen.Index}" : new Cell($"c{row.Chosen.Index} infeasible", Tone.Bad),
                    Text(row.ConfigurationsTried),
                    Digits.Mean(row.Chosen.Validation),
                    shared.Others(row.Chosen.Values),
                ]),
            ],
            Notes = shared.Notes,
        };
    }

    private static string Text(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";
}
