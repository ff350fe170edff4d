using System.Collections.Immutable;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Comparison;

/// <summary>Which configuration stands for an entry.</summary>
internal static class ConfigurationChoice
{
    /// <summary>
    /// The configuration with the best mean of <c>validation_METRIC</c>, of equals the earlier one. While some keep every outcome
    /// constraint only these stand for choice, else the one that breaks them least; and of these only those with the most
    /// finished seeds: a configuration that failed on some seeds must not win by the seeds it survived.
    /// </summary>
    /// <returns>The choice, or null where no trial has a finite value.</returns>
    public static ChosenConfiguration? Best(
        IEnumerable<TriedConfiguration> configurations, TaskBlock block, double confidence, bool hasTestSplit = true) =>
        Standing(configurations)
            .OrderBy(configuration => configuration.Violation)
            .ThenBy(configuration => configuration.Score)
            .ThenBy(configuration => configuration.Index)
            .Select(configuration => Describe(configuration, block, confidence, hasTestSplit))
            .FirstOrDefault();

    /// <summary>Those that stand for choice.</summary>
    public static ImmutableArray<TriedConfiguration> Standing(IEnumerable<TriedConfiguration> configurations)
    {
        var finished = configurations.Where(configuration => configuration.Mean is not null).ToArray();
        var allowed = finished.Any(configuration => configuration.Violation == 0)
            ? [.. finished.Where(configuration => configuration.Violation == 0)]
            : finished;
        var most = allowed.Select(configuration => configuration.Finished.Length).DefaultIfEmpty().Max();
        return [.. allowed.Where(configuration => configuration.Finished.Length == most)];
    }

    private static ChosenConfiguration Describe(
        TriedConfiguration configuration, TaskBlock block, double confidence, bool hasTestSplit)
    {
        var scores = configuration.Finished.Select(trial => new SeedScore(
            ((TrialWork.Train)trial.Work).Replicate,
            trial.Trial,
            block.ValueOf(trial.Result!.Metrics)!.Value,
            hasTestSplit ? Value(trial, $"test_{block.Metric}") : block.ValueOf(trial.Result!.Metrics))).ToImmutableArray();
        return new ChosenConfiguration(
            configuration.Index,
            configuration.Values,
            Estimate.Of([.. scores.Select(score => score.Validation)], confidence),
            scores)
        {
            Violation = double.IsFinite(configuration.Violation) ? configuration.Violation : null,
            Violations = [.. block.OutcomeConstraints.Select(constraint => Check(configuration, constraint)).OfType<ConstraintViolation>()],
        };
    }

    private static ConstraintViolation? Check(TriedConfiguration configuration, OutcomeConstraint constraint)
    {
        var worst = configuration.Finished
            .Select(trial => TrialOutcome.Value(trial.Result!, trial.Elapsed, constraint.Name))
            .MaxBy(constraint.Violation);
        return constraint.Violation(worst) > 0 ? new ConstraintViolation(constraint.ToString(), worst) : null;
    }

    /// <summary>Whether some trial has reported the metric on a test split.</summary>
    public static bool HasTestSplit(IEnumerable<TriedConfiguration> configurations, string metric) =>
        configurations.SelectMany(configuration => configuration.Finished)
            .Any(trial => trial.Result!.Metrics.ContainsKey($"test_{metric}"));

    private static double? Value(TrialRow trial, string metric) =>
        trial.Result!.Metrics.TryGetValue(metric, out var value) && double.IsFinite(value) ? value : null;
}
