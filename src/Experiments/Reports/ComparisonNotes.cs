using Experiments.Comparison;
using Experiments.Sweeps;

namespace Experiments.Reports;

/// <summary>What a comparison allows to say in words, and what it does not.</summary>
internal static class ComparisonNotes
{
    /// <summary>How many seeds it takes to tell anything apart, where there are fewer.</summary>
    /// <param name="tested">Number of p-values that are corrected together.</param>
    /// <param name="undecided">Of comparisons that tell nothing apart the number of shared seeds.</param>
    /// <param name="confidence">Of which a p-value falls short.</param>
    public static IEnumerable<string> SeedsNeeded(int tested, IReadOnlyCollection<int> undecided, double confidence)
    {
        var comparisons = tested > 0 ? tested : undecided.Count; // before there is any p-value, those that are to have one
        var needed = SignFlip.LeastPairs(comparisons, 1 - confidence);
        if (undecided.Any(seeds => seeds < needed))
            yield return $"To tell anything apart takes at least {needed} shared seeds: with fewer, p over {comparisons} "
                + $"comparison{(comparisons == 1 ? "" : "s")} exceeds {Digits.Short(1 - confidence)}.";
    }

    /// <summary>The sentences beneath the table of a block.</summary>
    public static IEnumerable<string> Of(BlockComparison block, double confidence)
    {
        foreach (var (verdict, text) in Sentences)
        {
            var rows = block.Rows.Where(row => row.AgainstReference?.Verdict == verdict).ToArray();
            if (rows.Length > 0)
                yield return $"{text(block.Reference!)}: {Names(block, rows, verdict)}.";
        }

        int[] undecided = [.. block.Rows.Select(row => row.AgainstReference)
            .Where(against => against?.Verdict is Verdict.NotDistinguishable or Verdict.TooFewSeeds)
            .Select(against => against!.Difference.Count)];
        foreach (var note in SeedsNeeded(block.Comparisons, undecided, confidence))
            yield return note;

        if (block.Rows.Any(row => row.OnParetoFront))
        {
            var dominated = block.Rows.Where(row => row is { Test: not null, OnParetoFront: false }).Select(row => row.Entry).ToArray();
            yield return $"* Pareto front of ({string.Join(", ", block.ParetoAxes)}); "
                + (dominated.Length > 0 ? $"dominated: {string.Join(", ", dominated)}." : "nothing is dominated.");
        }

        foreach (var row in block.Rows.Where(row => row.Chosen?.Violations.Length > 0))
        {
            yield return $"No configuration of {row.Entry} keeps every outcome constraint: c{row.Chosen!.Index} breaks "
                + $"{string.Join(", ", row.Chosen.Violations.Select(Breach))}.";
        }

        string[] devices =
            [.. block.Rows.SelectMany(row => row.Costs).Select(cost => cost.Device).Distinct().Order(StringComparer.Ordinal)];
        if (devices.Length > 1 && CountsCosts(block))
            yield return $"Time and memory on unlike devices ({string.Join(", ", devices)}) were counted alike.";

        if (!block.HasTestSplit && block.Rows.Any(row => row.ConfigurationsTried > 1))
            yield return $"No program reports test_{block.Metric}: values are those chosen by, which flatters the best of many.";

        var missing = block.Rows.Where(row => row.Test is null).Select(row => row.Entry).ToArray();
        if (missing.Length > 0)
            yield return $"No result{(block.HasTestSplit ? " on the test split" : "")} yet: {string.Join(", ", missing)}.";

        var failed = block.Rows.Sum(row => row.Failures.Values.Sum());
        if (failed > 0)
        {
            var causes = block.Rows.Where(row => row.Failures.Count > 0).Select(row => $"{row.Entry} {Causes(row)}");
            yield return $"Failed: {failed} of {block.Rows.Sum(row => row.Trials.Values.Sum())} trials ({string.Join("; ", causes)}).";
        }
    }

    private static bool CountsCosts(BlockComparison block) =>
        block.Budget?.Kind == BudgetKind.Time
        || block.TradeOff?.Objectives.Any(objective => objective.Name is TrialCosts.Seconds or TrialCosts.PeakMemory) == true;

    private static IEnumerable<(Verdict Verdict, Func<string, string> Text)> Sentences =>
    [
        (Verdict.Better, reference => $"Better than {reference}"),
        (Verdict.Worse, reference => $"Worse than {reference}"),
        (Verdict.NotDistinguishable, reference => $"Not distinguishable from {reference}"),
        (Verdict.TooFewSeeds, reference => $"Too few seeds for a p-value against {reference}"),
    ];

    /// <summary>The rows by name; a long list that is all there are, of as many seeds each, says so instead.</summary>
    private static string Names(BlockComparison block, MethodRow[] rows, Verdict verdict)
    {
        int[] counts = [.. rows.Select(row => row.AgainstReference!.Difference.Count).Distinct()];
        return rows.Length > 4 && counts.Length == 1 && rows.Length == block.Rows.Count(row => row.AgainstReference is not null)
            ? $"all others (n = {counts[0]})"
            : string.Join(", ", rows.Select(row => Named(row, verdict)));
    }

    private static string Named(MethodRow row, Verdict verdict) => verdict is Verdict.NotDistinguishable or Verdict.TooFewSeeds
        ? $"{row.Entry} (n = {row.AgainstReference!.Difference.Count})"
        : row.Entry;

    private static string Breach(ConstraintViolation violation) =>
        $"{violation.Constraint} ({(violation.Worst is { } worst ? Digits.Significant(worst, 4) : "not known")})";

    private static string Causes(MethodRow row) =>
        string.Join(", ", row.Failures.Select(failure => $"{SnakeCase.Of(failure.Key)} {failure.Value}"));
}
