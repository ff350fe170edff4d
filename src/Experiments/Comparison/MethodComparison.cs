using System.Collections.Immutable;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Comparison;

/// <summary>
/// Compares the methods of a sweep within each task block. A configuration is chosen on the validation split and shown on
/// the test split; methods are compared on the seeds that they share with the reference.
/// </summary>
public static class MethodComparison
{
    /// <summary>Compares what is finished so far. The same trials give the same numbers to the last bit.</summary>
    /// <param name="spec">The sweep.</param>
    /// <param name="trials">Its trials in any order and state; preparations are passed over.</param>
    /// <param name="budget">What the methods of a block are to have had equally much of; null compares all that they had.</param>
    public static SweepComparison Of(SweepSpec spec, IReadOnlyList<TrialRow> trials, BudgetKind? budget = null)
    {
        var byEntry = TriedConfiguration.ByEntry(trials);
        ImmutableArray<BlockComparison> blocks = [.. spec.Tasks.Select((block, index) =>
            Compare(index, block, spec.Compare, budget, entry => byEntry[(index, entry)]))];
        return new SweepComparison
        {
            Sweep = spec.Name,
            Confidence = spec.Compare.Confidence,
            Blocks = blocks,
            Claims = ClaimTest.Of(spec, blocks, trials),
        };
    }

    private static BlockComparison Compare(
        int index, TaskBlock block, ComparisonSpec how, BudgetKind? budget, Func<string, IEnumerable<TrialRow>> trialsOf)
    {
        var configurations = block.Methods.Select(entry => TriedConfiguration.Of(block, trialsOf(entry.Name))).ToArray();
        EqualBudget? equal = null;
        if (budget is { } kind)
            (equal, configurations) = EqualBudget.Cut(block, configurations, kind);
        var hasTestSplit = block.IsTraining
            || configurations.Any(entry => ConfigurationChoice.HasTestSplit(entry, block.Metric));
        var rows = block.Methods.Zip(configurations)
            .Select(entry => Summarise(entry.First, entry.Second, block, how, hasTestSplit))
            .ToArray();
        var reference = rows.FirstOrDefault(row => row.Reference);
        var comparisons = reference is null ? 0 : CompareWith(reference, rows, block.Maximize, how.Confidence);
        var axes = MarkParetoFront(rows, block);
        return new BlockComparison
        {
            Block = index,
            Task = block.Task,
            Size = block.Size,
            Base = block.Base,
            Metric = block.Metric,
            Maximize = block.Maximize,
            HasTestSplit = hasTestSplit,
            Reference = reference?.Entry,
            Comparisons = comparisons,
            ParetoAxes = axes,
            Budget = equal,
            OutcomeConstraints = [.. block.OutcomeConstraints.Select(constraint => constraint.ToString())],
            TradeOff = TradeOff.Of(block, configurations.Select(tried => (IReadOnlyList<TriedConfiguration>)tried)),
            Rows =
            [
                .. rows.OrderBy(row => row.Test is null)
                    .ThenBy(row => row.Chosen?.Violation ?? double.PositiveInfinity)
                    .ThenBy(row => block.Maximize ? -row.Test?.Mean : row.Test?.Mean),
            ],
        };
    }

    private static MethodRow Summarise(
        MethodEntry entry, ImmutableArray<TriedConfiguration> configurations, TaskBlock block, ComparisonSpec how, bool hasTestSplit)
    {
        TrialRow[] trials = [.. configurations.SelectMany(configuration => configuration.Trials)];
        var chosen = ConfigurationChoice.Best(configurations, block, how.Confidence, hasTestSplit);
        double[] test = [.. chosen?.Seeds.Select(seed => seed.Test).OfType<double>() ?? []];
        var ofChosen = trials.Where(trial => chosen?.Seeds.Any(seed => seed.Trial == trial.Trial) ?? false).ToArray();
        return new MethodRow
        {
            Entry = entry.Name,
            Method = entry.Method,
            Reference = entry.Name == how.Reference,
            Chosen = chosen,
            Test = test.Length == 0 ? null : Estimate.Of(test, how.Confidence),
            TrainableParameters = block.IsTraining ? ofChosen.Max(trial => trial.Result?.TrainableParameters) : null,
            TotalParameters = block.IsTraining ? ofChosen.Max(trial => trial.Result?.TotalParameters) : null,
            Costs = [.. ofChosen.GroupBy(KindOfDevice).OrderBy(kind => kind.Key, StringComparer.Ordinal).Select(Cost)],
            ConfigurationsTried = configurations.Count(configuration => configuration.WasStarted),
            TuningTime = trials.Aggregate(TimeSpan.Zero, (sum, trial) => sum + trial.Elapsed),
            Trials = trials.CountBy(trial => trial.State).ToImmutableSortedDictionary(),
            Failures = trials.Where(trial => trial.State is TrialState.Failed or TrialState.Invalid)
                .CountBy(trial => trial.Cause ?? FailureCause.Error).ToImmutableSortedDictionary(),
        };
    }

    private static DeviceCost Cost(IGrouping<string, TrialRow> trials) => new(
        trials.Key,
        trials.Count(),
        TimeSpan.FromTicks((long)trials.Average(trial => trial.Elapsed.Ticks)),
        trials.Max(trial => trial.Result!.PeakMemoryBytes));

    /// <summary><c>cuda</c> of <c>cuda:1</c>.</summary>
    private static string KindOfDevice(TrialRow trial) => trial.Device?.Split(':')[0] ?? "unknown";

    /// <summary>Fills in the differences, corrected together.</summary>
    /// <returns>Number of p-values in the correction.</returns>
    private static int CompareWith(MethodRow reference, MethodRow[] rows, bool maximize, double confidence)
    {
        for (var i = 0; i < rows.Length; i++)
            rows[i] = rows[i] with { AgainstReference = rows[i].Reference ? null : Pair(rows[i], reference, confidence) };

        var tested = Enumerable.Range(0, rows.Length).Where(i => rows[i].AgainstReference?.PermutationP is not null).ToArray();
        var corrected = Holm.Correct([.. tested.Select(i => rows[i].AgainstReference!.PermutationP!.Value)]);
        foreach (var (i, holm) in tested.Zip(corrected))
            rows[i] = rows[i] with { AgainstReference = rows[i].AgainstReference!.Judge(holm, maximize, confidence) };
        return tested.Length;
    }

    private static PairedDifference? Pair(MethodRow method, MethodRow reference, double confidence)
    {
        var (own, other) = (TestBySeed(method), TestBySeed(reference));
        int[] shared = [.. own.Keys.Intersect(other.Keys).Order()];
        return shared.Length == 0
            ? null
            : PairedDifference.Of([.. shared.Select(seed => own[seed])], [.. shared.Select(seed => other[seed])], confidence);
    }

    private static Dictionary<int, double> TestBySeed(MethodRow row) =>
        (row.Chosen?.Seeds ?? []).Where(seed => seed.Test is not null).ToDictionary(seed => seed.Seed, seed => seed.Test!.Value);

    /// <summary>Marks the front over the entries that have a result.</summary>
    /// <returns>The axes that could be used.</returns>
    private static ImmutableArray<string> MarkParetoFront(MethodRow[] rows, TaskBlock block)
    {
        var measured = Enumerable.Range(0, rows.Length).Where(i => rows[i].Test is not null).ToArray();
        var alike = measured.SelectMany(i => rows[i].Costs).Select(cost => cost.Device).Distinct().Count() == 1;
        var points = measured.Select(i => Point(rows[i], block.Maximize, alike)).ToArray();
        foreach (var (i, front) in measured.Zip(NonDominatedSorting.Front(points)))
            rows[i] = rows[i] with { OnParetoFront = front };
        string[] axes = alike
            ? [block.Metric, "trainable", "peak", "time"]
            : [block.Metric, "trainable"];
        return [.. axes.Where(axis => axis != "trainable" || block.IsTraining)]; // all programs are equal in what is not known
    }

    private static double[] Point(MethodRow row, bool maximize, bool alike)
    {
        var metric = maximize ? -row.Test!.Mean : row.Test!.Mean;
        return alike
            ? [metric, row.TrainableParameters ?? 0, row.Costs[0].PeakMemoryBytes, row.Costs[0].MeanElapsed.TotalSeconds]
            : [metric, row.TrainableParameters ?? 0];
    }
}
