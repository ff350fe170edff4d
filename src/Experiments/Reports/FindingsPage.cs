using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Experiments.Comparison;

namespace Experiments.Reports;

/// <summary>What became of claims, as a page of Markdown: for each sweep its claims, and the numbers that they rest on.</summary>
public static class FindingsPage
{
    /// <summary>The page.</summary>
    /// <param name="reproduction">What became of the claims.</param>
    /// <param name="about">What the file of each sweep says of it, line by line.</param>
    public static string Of(Reproduction reproduction, IReadOnlyList<IReadOnlyList<string>> about)
    {
        var text = new StringBuilder(
            """
            # Findings

            What papers claim of their methods, tested here at a small scale. Each claim stands in a sweep file before anything is
            measured, with what is to be better than what, on which metric. A claim holds, or is contradicted, where the interval of
            the difference, seed by seed, and the p-value after Holm's correction both say so. *Not visible* is a finding too: of this
            task, at this size, with that many seeds. Written by

            ```
            orchestrator reproduce config/findings/*.yaml --format markdown
            ```

            which runs the sweeps, or goes on with them, and may be run again to check.

            """);
        text.Append('\n').Append(Markdown.Of([Overview(reproduction)]));
        foreach (var (sweep, lines) in reproduction.Sweeps.Zip(about))
        {
            text.Append('\n').Append("## ").Append(sweep.Sweep).Append("\n\n");
            if (lines.Count > 0)
                text.Append(Markdown.Paragraph(lines)).Append('\n');
            text.Append(Markdown.Of(ClaimTables.Of(sweep).Concat(ComparisonTables.OfBlocks(sweep))));
        }

        return text.ToString();
    }

    private static ReportTable Overview(Reproduction reproduction) => new()
    {
        Columns =
        [
            new("sweep"), new("claims", Alignment.Right), new("hold", Alignment.Right), new("contradicted", Alignment.Right),
            new("not visible", Alignment.Right),
        ],
        Rows = [.. reproduction.Sweeps.Select(Row)],
    };

    private static ImmutableArray<Cell> Row(SweepComparison sweep)
    {
        ClaimVerdict[] verdicts = [ClaimVerdict.Holds, ClaimVerdict.Contradicted, ClaimVerdict.NotVisible];
        return
        [
            sweep.Sweep,
            Number(sweep.Claims.Length),
            .. verdicts.Select(verdict => Number(sweep.Claims.Count(test => test.Verdict == verdict))),
        ];

        static Cell Number(int count) => count.ToString(CultureInfo.InvariantCulture);
    }
}
