using System.ComponentModel;
using Experiments.Trials;

namespace Experiments.Schedulers;

/// <summary>
/// Asynchronous successive halving by stopping (the variant of Li et al. 2020 that Ray Tune and Optuna use): at each rung a
/// trial goes on where it is one of the best ⌊n/η⌋, at least one, of the n that arrived so far, and ends otherwise. Needs no
/// checkpoints, but lets early arrivals through.
/// </summary>
[Scheduler("asha-stop")]
[Description("At each rung a trial ends unless it is among the best third of those that arrived before it.")]
public sealed class AshaStop(AshaStop.Options options) : ITrialScheduler
{
    private readonly Dictionary<(int Group, int Step), RungTable> _rungs = [];
    private readonly Dictionary<TrialId, (int Group, RungRecord Record)> _trials = [];
    private readonly HashSet<TrialId> _pruned = [];

    /// <summary>What a sweep file can set.</summary>
    public sealed record Options : RungOptions;

    /// <inheritdoc/>
    public void Add(ScheduledTrial trial) => _trials.Add(trial.Id, (trial.Group, options.RecordAt(options.RungsOf(trial.Steps))));

    /// <inheritdoc/>
    public IReadOnlyList<int> RungsOf(TrialId trial) => _trials[trial].Record.Rungs;

    /// <inheritdoc/>
    public void Measured(TrialId trial, int step, double value)
    {
        var record = _trials[trial].Record;
        var passed = record.Count;
        record.Take(step, value);
        Arrive(trial, passed);
    }

    /// <inheritdoc/>
    public bool IsPruned(TrialId trial) => _pruned.Contains(trial);

    /// <inheritdoc/>
    public void Ended(TrialId trial, TrialState state)
    {
        if (state != TrialState.Failed)
            return;
        var record = _trials[trial].Record;
        var passed = record.Count;
        record.Fail();
        Arrive(trial, passed);
    }

    private void Arrive(TrialId trial, int rung)
    {
        var (group, record) = _trials[trial];
        for (; rung < record.Count; rung++)
        {
            var key = (group, record.Rungs[rung]);
            if (!_rungs.TryGetValue(key, out var table))
                _rungs.Add(key, table = new RungTable());
            var entry = new RungEntry(record[rung], trial);
            table.Insert(entry);
            if (!double.IsFinite(entry.Value) || table.RankOf(entry) >= Math.Max(1, table.Count / options.ReductionFactor))
                _pruned.Add(trial);
        }
    }
}
