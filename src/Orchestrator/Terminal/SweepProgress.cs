using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Orchestrator.Terminal;

/// <summary>What a person who watches a sweep wants to know, brought up to date event by event.</summary>
internal sealed class SweepProgress
{
    private readonly SortedDictionary<TrialId, TrialProgress> _trials = [];

    /// <summary>The specification, once the sweep's first event is there.</summary>
    public SweepSpec? Spec { get; private set; }

    /// <summary>When the events that came to this process began; earlier runs of the sweep do not count.</summary>
    public DateTimeOffset? WatchingSince { get; private set; }

    /// <summary>Trials that a worker holds, by device.</summary>
    public IEnumerable<TrialProgress> Running => _trials.Values
        .Where(trial => trial.State is TrialState.Assigned or TrialState.Running)
        .OrderBy(trial => trial.Node, StringComparer.Ordinal).ThenBy(trial => trial.Device, StringComparer.Ordinal);

    /// <summary>The last trial that failed, for a line of its own.</summary>
    public TrialProgress? LastFailure { get; private set; }

    /// <summary>The last warning of a trial, with its name.</summary>
    public string? Warning { get; private set; }

    /// <summary>Why nothing can be recorded at the moment; null while all is well.</summary>
    public string? Trouble { get; set; }

    /// <summary>Number of trials that are known, preparations included.</summary>
    public int Total => _trials.Count;

    /// <summary>The trial of that number.</summary>
    public TrialProgress Trial(TrialId id) => _trials[id];

    /// <summary>Number of trials in a state.</summary>
    public int Count(params ReadOnlySpan<TrialState> states)
    {
        var count = 0;
        foreach (var trial in _trials.Values)
            count += states.Contains(trial.State) ? 1 : 0;
        return count;
    }

    /// <summary>Trials that have reached an end.</summary>
    public int Ended => Count(TrialState.Completed, TrialState.Pruned, TrialState.Failed, TrialState.Cancelled, TrialState.Invalid);

    /// <summary>Takes in an event; <paramref name="live"/> is false for those that an earlier run recorded.</summary>
    public void Apply(RecordedEvent recorded, bool live = true)
    {
        if (live)
            WatchingSince ??= recorded.Time;
        switch (recorded.Event)
        {
            case SweepEvent.SweepStarted started:
                Spec = started.Spec;
                break;
            case SweepEvent.SpecExtended extended:
                Spec = extended.Spec;
                break;
            case SweepEvent.TrialCreated created:
                _trials[created.Trial] = new TrialProgress(created.Trial, created.Work) { IsHeld = created.Held };
                break;
            case SweepEvent.TrialLeased leased:
                Of(leased.Attempt).Lease(leased, recorded.Time);
                break;
            case SweepEvent.TrialPromoted promoted:
                (Trial(promoted.Trial).State, Trial(promoted.Trial).IsHeld) = (TrialState.Waiting, false);
                break;
            case SweepEvent.TrialExploited exploited:
                Trial(exploited.Trial).GoOver(exploited);
                break;
            case SweepEvent.AttemptStarted started:
                Of(started.Attempt).State = TrialState.Running;
                Of(started.Attempt).Step = started.FromStep;
                Warning = live && started.Warning is { } warning ? $"{started.Attempt.Trial}: {warning}" : Warning;
                break;
            case SweepEvent.MetricReported metric:
                Of(metric.Attempt).Measure(metric);
                break;
            case SweepEvent.AttemptEnded ended:
                Of(ended.Attempt).End(ended);
                break;
            case SweepEvent.TrialEnded ended:
                var trial = Trial(ended.Trial);
                trial.State = ended.State;
                trial.Message = ended.Message;
                trial.Cause = ended.Cause;
                if (ended.State is TrialState.Failed or TrialState.Invalid)
                    LastFailure = trial;
                break;
        }
    }

    /// <summary>How far a running attempt has come; not recorded, only shown.</summary>
    public void Tick(AttemptId attempt, int step, int steps, string phase)
    {
        if (!_trials.TryGetValue(attempt.Trial, out var trial) || trial.Attempt != attempt.Number)
            return;
        (trial.Step, trial.Steps, trial.Phase) = (step, steps, phase);
    }

    /// <summary>
    /// Time until the sweep's end: what is left of each entry at the median time of its ended trials, shared by the devices
    /// that work. Null before three trainings have ended.
    /// </summary>
    public TimeSpan? TimeLeft(DateTimeOffset now)
    {
        var known = _trials.Values.Where(trial => trial.State == TrialState.Completed && trial.Work is TrialWork.Train).ToList();
        if (known.Count < 3)
            return null;

        var overall = Median(known);
        var byEntry = known.GroupBy(trial => trial.Key).ToDictionary(group => group.Key, Median);
        var left = _trials.Values
            .Where(trial => !trial.IsHeld
                && trial.State is TrialState.Waiting or TrialState.Assigned or TrialState.Running or TrialState.Paused)
            .Sum(trial => Math.Max(0, byEntry.GetValueOrDefault(trial.Key, overall) - trial.Spent(now).TotalSeconds));
        return TimeSpan.FromSeconds(left / Math.Max(1, Running.Count()));
    }

    /// <summary>The best configuration so far of each entry of a block, best first, by mean over the seeds that ended: of those with
    /// the most seeds, so that one lucky seed does not lead. Those that break an outcome constraint stand behind all that keep them.
    /// </summary>
    public IReadOnlyList<Leader> Leaders(int block)
    {
        if (Spec is null)
            return [];

        var goal = Spec.Tasks[block];
        return [.. Ordered(_trials.Values
            .Where(trial => trial.Work is TrialWork.Train train && train.Block == block
                && trial.Result is { } result && goal.ValueOf(result.Metrics) is not null)
            .GroupBy(trial => (((TrialWork.Train)trial.Work).Entry, ((TrialWork.Train)trial.Work).Configuration))
            .Select(group => new Leader(
                group.Key.Entry, group.Key.Configuration, group.Average(trial => goal.ValueOf(trial.Result!.Metrics)!.Value), group.Count(),
                group.Average(trial => TrialOutcome.Violation(goal, trial.Result!, trial.Elapsed))))
            .GroupBy(leader => leader.Entry)
            .Select(entry => Ordered(entry.GroupBy(leader => leader.Seeds).MaxBy(equal => equal.Key)!).First()))];

        IEnumerable<Leader> Ordered(IEnumerable<Leader> leaders) => leaders
            .OrderBy(leader => leader.Violation)
            .ThenBy(leader => goal.Maximize ? -leader.Mean : leader.Mean);
    }

    private static double Median(IEnumerable<TrialProgress> trials)
    {
        var times = trials.Select(trial => trial.Elapsed.TotalSeconds).Order().ToList();
        return times[times.Count / 2];
    }

    private TrialProgress Of(AttemptId attempt) => Trial(attempt.Trial);
}

/// <summary>The best configuration of an entry so far: its mean over <paramref name="Seeds"/> seeds, and by how much these break
/// outcome constraints.</summary>
internal sealed record Leader(string Entry, Configuration Configuration, double Mean, int Seeds, double Violation);
