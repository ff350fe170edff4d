using System.Collections.Immutable;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Comparison;

/// <summary>A configuration of an entry with what its trials came to.</summary>
internal sealed class TriedConfiguration
{
    private TriedConfiguration(TaskBlock block, IEnumerable<TrialRow> trials)
    {
        Trials = [.. trials.OrderBy(trial => Work(trial).Replicate)];
        Finished = [.. Trials.Where(trial => trial.State == TrialState.Completed && Value(trial, block.Metric) is not null)];
        if (Finished.IsEmpty)
            return;

        Mean = Finished.Average(trial => Value(trial, block.Metric)!.Value);
        Violation = Finished.Average(trial => TrialOutcome.Violation(block, trial.Result!, trial.Elapsed));
        Score = block.Maximize ? -Mean.Value : Mean.Value;
    }

    /// <summary>Trials that train, by block and entry; in order of number.</summary>
    public static ILookup<(int Block, string Entry), TrialRow> ByEntry(IEnumerable<TrialRow> trials) => trials
        .Where(trial => trial.Work is TrialWork.Train)
        .OrderBy(trial => trial.Trial)
        .ToLookup(trial => (Work(trial).Block, Work(trial).Entry));

    /// <summary>Name of its entry.</summary>
    public string Entry => Work(Trials[0]).Entry;

    /// <summary>Index within its entry.</summary>
    public int Index => Work(Trials[0]).Index;

    /// <summary>Its values.</summary>
    public Configuration Values => Work(Trials[0]).Configuration;

    /// <summary>Its trials in order of seed.</summary>
    public ImmutableArray<TrialRow> Trials { get; }

    /// <summary>Those with a finite value of the block's metric on the validation split.</summary>
    public ImmutableArray<TrialRow> Finished { get; }

    /// <summary>Mean of that value; null while there is none.</summary>
    public double? Mean { get; }

    /// <summary>The mean turned so that lower is better; infinite while there is none.</summary>
    public double Score { get; } = double.PositiveInfinity;

    /// <summary>By how much its finished trials break outcome constraints, on average: 0 only where none breaks any.</summary>
    public double Violation { get; }

    /// <summary>Whether nothing of it is still to come.</summary>
    public bool HasEnded => Trials.All(trial => trial.State is TrialState.Completed or TrialState.Pruned or TrialState.Failed
        or TrialState.Cancelled or TrialState.Invalid);

    /// <summary>Whether any of it was started.</summary>
    public bool WasStarted => Trials.Any(trial => trial.Attempt > 0);

    /// <summary>Time of all its trials.</summary>
    public TimeSpan Elapsed => Trials.Aggregate(TimeSpan.Zero, (sum, trial) => sum + trial.Elapsed);

    /// <summary>The configurations of one entry in order of index.</summary>
    /// <param name="block">The block of the entry.</param>
    /// <param name="trials">Training trials of the entry, in any order.</param>
    public static ImmutableArray<TriedConfiguration> Of(TaskBlock block, IEnumerable<TrialRow> trials) =>
        [.. trials.GroupBy(trial => Work(trial).Index).OrderBy(group => group.Key).Select(group => new TriedConfiguration(block, group))];

    /// <summary>Mean over its finished trials of a metric or cost; null where one of them has none.</summary>
    public double? MeanOf(string name) =>
        Finished.Any(trial => Value(trial, name) is null) ? null : Finished.Average(trial => Value(trial, name));

    private static double? Value(TrialRow trial, string name) =>
        trial.Result is { } result ? TrialOutcome.Value(result, trial.Elapsed, name) : null;

    private static TrialWork.Train Work(TrialRow trial) => (TrialWork.Train)trial.Work;
}
