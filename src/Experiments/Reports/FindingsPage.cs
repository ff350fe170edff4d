using System.Text;
using Experiments.Comparison;

namespace Experiments.Reports;

/// <summary>What became of claims, as a page of Markdown: for each sweep its claims, and the numbers that they rest on.</summary>
public static class FindingsPage
{
    /// <summary>The page.</summary>
    public static string Of(Reproduction reproduction)
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
        foreach (var sweep in reproduction.Sweeps)
        {
            text.Append('\n').Append("## ").Append(sweep.Sweep).Append("\n\n");
            text.Append(Markdown.Of(ClaimTables.Of(sweep).Concat(ComparisonTables.OfBlocks(sweep))));
        }

        return text.ToString();
    }
}
