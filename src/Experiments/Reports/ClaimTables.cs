using System.Collections.Immutable;
using System.Globalization;
using Experiments.Comparison;

namespace Experiments.Reports;

/// <summary>What became of the claims of a sweep, as a table.</summary>
public static class ClaimTables
{
    /// <summary>The table; none where nothing is claimed.</summary>
    public static IEnumerable<ReportTable> Of(SweepComparison comparison)
    {
        if (comparison.Claims.IsEmpty)
            yield break;
        var sourced = comparison.Claims.Any(test => test.Claim.Source is not null);
        var tested = comparison.Claims.Count(test => test.HolmP is not null);
        int[] undecided = [.. comparison.Claims.Where(test => test.Verdict is ClaimVerdict.NotVisible or ClaimVerdict.TooFewSeeds)
            .Select(test => test.Difference?.Count).OfType<int>()];
        var severalTasks = comparison.Claims.Select(test => test.Task).Distinct().Count() > 1;
        yield return new ReportTable
        {
            Lead =
            [
                $"claims of {comparison.Sweep} · {comparison.Confidence:0.##%} intervals of the difference, seed by seed · "
                    + $"p by sign flips, Holm over {tested}",
            ],
            Columns =
            [
                new("claim", Overflow: Overflow.Wrap),
                .. sourced ? [new Column("source", Priority: 6, Overflow: Overflow.Wrap)] : Array.Empty<Column>(),
                new("metric", Priority: 2),
                new("better", Alignment.Right, 5),
                new("than", Alignment.Right, 4),
                new("difference", Alignment.Right),
                new("p", Alignment.Right, 3),
                new("n", Alignment.Right, 3),
                new("verdict"),
            ],
            Rows = [.. comparison.Claims.Select(test => Cells(test, sourced, severalTasks))],
            Notes =
            [
                "holds, contradicted: the interval excludes what is not claimed, and p is at most "
                    + $"{Digits.Short(1 - comparison.Confidence)}. not visible: neither can be told from chance at this scale.",
                .. ComparisonNotes.SeedsNeeded(tested, undecided, comparison.Confidence),
                .. comparison.Claims.Any(test => test.Claim.Margin > 0)
                    ? ["With a margin, interval and p are held against being worse by just that much."] : Array.Empty<string>(),
            ],
        };
    }

    private static ImmutableArray<Cell> Cells(ClaimTest test, bool sourced, bool severalTasks) =>
    [
        test.Claim.Text + (severalTasks ? $" ({test.Task})" : "")
            + (test.Claim.Margin > 0 ? $" (margin {Digits.Short(test.Claim.Margin)})" : ""),
        .. sourced ? new Cell[] { test.Claim.Source } : [],
        test.Metric.Name,
        Side(test.Claim.Better, test.Better),
        Side(test.Claim.Than, test.Than),
        test.Difference is { } difference
            ? $"{Digits.Mean(difference, signed: true)} {Digits.Interval(difference, signed: true)}".TrimEnd()
            : "",
        test.HolmP is { } p ? Digits.P(p) : "",
        test.Difference?.Count.ToString(CultureInfo.InvariantCulture) ?? "0",
        new Cell(Word(test.Verdict), test.Verdict switch
        {
            ClaimVerdict.Holds => Tone.Strong,
            ClaimVerdict.Contradicted => Tone.Bad,
            _ => Tone.Quiet,
        }),
    ];

    private static string Side(IEnumerable<string> entries, Estimate? estimate) =>
        $"{string.Join(" + ", entries)} {(estimate is null ? "" : Digits.Mean(estimate))}".TrimEnd();

    private static string Word(ClaimVerdict verdict) => SnakeCase.Of(verdict).Replace('_', ' ');
}
