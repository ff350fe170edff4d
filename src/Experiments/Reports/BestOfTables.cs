using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using Experiments.Comparison;

namespace Experiments.Reports;

/// <summary>Best-of-k curves as a table with a chart beside it, one a task block.</summary>
public static class BestOfTables
{
    private const int ChartWidth = 32;

    /// <summary>A table a block, in file order.</summary>
    public static IEnumerable<ReportTable> Of(BestOf bestOf) => bestOf.Blocks.Select(block => Table(block, bestOf));

    private static ReportTable Table(BestOfBlock block, BestOf bestOf)
    {
        var points = block.Entries.SelectMany(entry => entry.Points).ToArray();
        var low = points.Select(point => point.Low).DefaultIfEmpty().Min();
        var high = points.Select(point => point.High).DefaultIfEmpty().Max();
        var goal = block.Maximize ? "more is better" : "less is better";
        return new ReportTable
        {
            Lead =
            [
                $"{block.Metric} ({goal}) · {BlockText.Of(block.Task, block.Size, block.Base)} · validation split, means over seeds",
                $"expected best of k configurations drawn from those tried · interval: {bestOf.Confidence:0.##%} of the draws",
                .. points.Length == 0 ? [] : new[] { $"chart from {Text(low)} to {Text(high)}: o expected, = interval" },
            ],
            Columns =
            [
                new("method"),
                new("k", Alignment.Right),
                new(block.Metric, Alignment.Right),
                new("interval", Priority: 1),
                new("chart", Priority: 2),
            ],
            Rows = [.. block.Entries.SelectMany(entry => Rows(entry, low, high))],
            Notes = [.. Notes(block, bestOf)],
        };
    }

    private static IEnumerable<ImmutableArray<Cell>> Rows(BestOfCurve entry, double low, double high) => entry.Points
        .Where(point => BitOperations.IsPow2(point.K) || point.K == entry.Points.Length)
        .Select(point => (ImmutableArray<Cell>)
        [
            point.K == 1 ? entry.Entry : "",
            point.K.ToString(CultureInfo.InvariantCulture),
            Text(point.Expected),
            point.Low == point.High ? "" : $"[{Text(point.Low)}, {Text(point.High)}]",
            Bar(point, low, high),
        ]);

    /// <summary><c>...==o===...</c></summary>
    private static string Bar(BestOfPoint point, double low, double high)
    {
        var bar = new char[ChartWidth];
        Array.Fill(bar, '.');
        Array.Fill(bar, '=', At(point.Low), At(point.High) - At(point.Low) + 1);
        bar[At(point.Expected)] = 'o';
        return new string(bar);

        int At(double value) => low == high ? 0 : (int)Math.Round((value - low) / (high - low) * (ChartWidth - 1));
    }

    private static IEnumerable<string> Notes(BestOfBlock block, BestOf bestOf)
    {
        var empty = block.Entries.Where(entry => entry.Points.IsEmpty).Select(entry => entry.Entry).ToArray();
        if (empty.Length > 0)
            yield return $"No result on the validation split yet: {string.Join(", ", empty)}.";

        var partial = block.Entries.Where(entry => !entry.Points.IsEmpty && entry.WithoutResult > 0).ToArray();
        if (partial.Length > 0)
        {
            yield return "Configurations that failed or were pruned count as drawn and are never best; the expectation is over draws "
                + "with a result: "
                + $"{string.Join(", ", partial.Select(entry => $"{entry.Entry} {entry.WithoutResult} of {entry.Configurations}"))}.";
        }

        if (bestOf.IsAdaptive)
        {
            yield return "The sampler learns from what earlier configurations came to, so a draw of k of them is no search of length k: "
                + "the curves describe what was found, not what a shorter search would find.";
        }
    }

    private static string Text(double value) => Digits.Significant(value, 4);
}
