using Experiments.Storage;
using Experiments.Trials;

namespace Experiments.Comparison;

/// <summary>Which configuration stands for an entry.</summary>
internal static class ConfigurationChoice
{
    /// <summary>
    /// The configuration with the best mean of <c>validation_METRIC</c>, of equals the earlier one. Only those with the most
    /// finished seeds stand for choice: a configuration that failed on some seeds must not win by the seeds it survived.
    /// </summary>
    /// <returns>The choice, or null where no trial has a finite value.</returns>
    public static ChosenConfiguration? Best(IEnumerable<TrialRow> trials, string metric, bool maximize, double confidence)
    {
        var candidates = trials
            .Where(trial => Value(trial, $"validation_{metric}") is not null)
            .GroupBy(trial => Work(trial).Index)
            .Select(group => group.OrderBy(trial => Work(trial).Replicate).ToArray())
            .ToArray();
        if (candidates.Length == 0)
            return null;

        var most = candidates.Max(seeds => seeds.Length);
        return candidates
            .Where(seeds => seeds.Length == most)
            .Select(seeds => Describe(seeds, metric, confidence))
            .OrderBy(choice => maximize ? -choice.Validation.Mean : choice.Validation.Mean)
            .ThenBy(choice => choice.Index)
            .First();
    }

    private static ChosenConfiguration Describe(TrialRow[] seeds, string metric, double confidence)
    {
        var scores = seeds.Select(trial => new SeedScore(
            Work(trial).Replicate, trial.Trial, Value(trial, $"validation_{metric}")!.Value, Value(trial, $"test_{metric}")));
        var work = Work(seeds[0]);
        double[] validation = [.. seeds.Select(trial => Value(trial, $"validation_{metric}")!.Value)];
        return new ChosenConfiguration(work.Index, work.Configuration, Estimate.Of(validation, confidence), [.. scores]);
    }

    private static double? Value(TrialRow trial, string metric) =>
        trial is { State: TrialState.Completed, Result: { } result }
        && result.Metrics.TryGetValue(metric, out var value) && double.IsFinite(value) ? value : null;

    private static TrialWork.Train Work(TrialRow trial) => (TrialWork.Train)trial.Work;
}
