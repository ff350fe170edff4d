using System.Collections.Immutable;
using System.Diagnostics;
using Experiments.Schedulers;
using Experiments.Sweeps;

namespace Experiments.Trials;

/// <summary>
/// What the events of a sweep amount to. Only <see cref="Apply"/> changes it, so that replayed events lead where the same
/// events led when they were decided. Nothing here is searched through: counts, ready trials and leases are kept as they change.
/// </summary>
internal sealed class SweepState(TrialPlanner planner, ITrialScheduler scheduler)
{
    private readonly List<Trial> _trials = [];
    private readonly int[] _counts = new int[Enum.GetValues<TrialState>().Length];
    private readonly ReadyTrials _ready = new();
    private readonly Dictionary<string, Trial> _byWorker = new(StringComparer.Ordinal);
    private readonly HashSet<Trial> _held = [];
    private readonly HashSet<Trial> _resting = [];
    private readonly Dictionary<string, (TrialId Owner, int Borrowers)> _lent = new(StringComparer.Ordinal); // by folder
    private readonly Queue<Trial> _due = [];
    private readonly Queue<Trial> _pruned = [];

    /// <summary>Knows what trials there should be, by the events so far.</summary>
    public TrialPlanner Planner => planner;

    /// <summary>Knows how far they should go, by the events so far.</summary>
    public ITrialScheduler Scheduler => scheduler;

    /// <summary>The specification in force; null before the sweep began.</summary>
    public SweepSpec? Spec { get; private set; }

    /// <summary>The pause in force; null while the sweep goes on.</summary>
    public SweepEvent.SweepPaused? Pause { get; private set; }

    /// <summary>Why the sweep has ended; null while it has not.</summary>
    public string? End { get; private set; }

    public IReadOnlyList<Trial> Trials => _trials;

    public IReadOnlyList<TrialId> Ready => _ready;

    /// <summary>Trials that workers hold.</summary>
    public IReadOnlyCollection<Trial> Leased => _byWorker.Values;

    /// <summary>Number of trials that have not reached an end.</summary>
    public int Live => Count(TrialState.Waiting) + Count(TrialState.Assigned) + Count(TrialState.Running)
        + Count(TrialState.Paused) + Count(TrialState.Resting);

    /// <summary>Number of trials that wait for a device or for other trials: not those that wait for a promotion.</summary>
    public int Pending => Count(TrialState.Waiting) - (_resting.Count - Count(TrialState.Resting));

    /// <summary>Whether trials wait for a promotion, and nothing else is going on or will come.</summary>
    public bool OnlyRests => _resting.Count > 0 && _resting.Count == Live && planner.IsDrawn;

    /// <summary>Trials that wait for a promotion, at a rung or before they begin, in order of number.</summary>
    public IReadOnlyList<Trial> Resting => [.. _resting.OrderBy(trial => trial.Id)];

    public ImmutableSortedDictionary<TrialState, int> Counts => ImmutableSortedDictionary.CreateRange(
        Enum.GetValues<TrialState>().Where(state => Count(state) > 0).Select(state => KeyValuePair.Create(state, Count(state))));

    public int Count(TrialState state) => _counts[(int)state];

    public Trial? Find(TrialId id) => id.Number >= 0 && id.Number < _trials.Count ? _trials[id.Number] : null;

    /// <summary>The step of a trial's checkpoint; null where it has none.</summary>
    public int? CheckpointStepOf(TrialId id) => Find(id)?.Checkpoint?.Step;

    /// <summary>Whether any trial goes on from a checkpoint that one has just let go.</summary>
    public bool IsReferredTo(CheckpointRecord checkpoint) =>
        _lent.ContainsKey(checkpoint.Folder)
        || (checkpoint.Owner is { } owner && Existing(owner).Checkpoint?.Folder == checkpoint.Folder);

    /// <summary>Folders of a trial's checkpoints that others go on from.</summary>
    public EquatableArray<string> LentBy(TrialId owner) =>
        [.. _lent.Where(folder => folder.Value.Owner == owner).Select(folder => folder.Key).Order(StringComparer.Ordinal)];

    public Trial? HeldBy(string worker) => _byWorker.GetValueOrDefault(worker);

    /// <summary>The next trial whose end is settled but not recorded yet.</summary>
    public Trial? NextDue()
    {
        while (_due.TryPeek(out var trial))
        {
            if (trial.Due is not null)
                return trial;
            _due.Dequeue();
        }

        return null;
    }

    /// <summary>The next trial that the scheduler ends and whose end is not recorded yet.</summary>
    public Trial? NextPruned()
    {
        while (_pruned.TryPeek(out var trial))
        {
            if (trial.Phase is not (TrialPhase.Concluded or TrialPhase.Ended))
                return trial;
            _pruned.Dequeue();
        }

        return null;
    }

    public void Apply(SweepEvent recorded)
    {
        switch (recorded)
        {
            case SweepEvent.SweepStarted started when Spec is null:
                planner.Adopt(started.Spec);
                Spec = started.Spec;
                break;
            case SweepEvent.HistoryImported imported when Spec is not null && _trials.Count == 0:
                planner.TakeOver(imported);
                break;
            case SweepEvent.SuggestionBegun begun when Spec is not null && End is null:
                planner.Ask(begun);
                break;
            case SweepEvent.SpecExtended extended when Spec is not null:
                planner.Adopt(extended.Spec);
                (Spec, End) = (extended.Spec, null);
                break;
            case SweepEvent.SweepPaused paused when End is null:
                Pause = paused;
                break;
            case SweepEvent.SweepResumed when Pause is not null:
                Resume();
                break;
            case SweepEvent.SweepEnded ended when End is null && Live == 0:
                End = ended.Reason;
                break;
            case SweepEvent.TrialCreated created when Spec is not null && created.Trial.Number == _trials.Count:
                Create(created);
                break;
            case SweepEvent.TrialLeased leased when Pause is null && End is null && !_byWorker.ContainsKey(leased.Worker):
                Change(leased.Attempt.Trial, trial => trial.Apply(leased));
                if (leased.Attempt.Number == 1 && IsScheduled(leased.Attempt.Trial))
                    scheduler.Started(leased.Attempt.Trial);
                break;
            case SweepEvent.TrialPromoted promoted:
                Change(promoted.Trial, trial => trial.Apply(promoted));
                scheduler.Promoted(promoted.Trial);
                break;
            case SweepEvent.TrialExploited exploited:
                Exploit(exploited);
                break;
            case SweepEvent.AttemptStarted started:
                Change(started.Attempt.Trial, trial => trial.Apply(started));
                break;
            case SweepEvent.MetricReported metric:
                Change(metric.Attempt.Trial, trial => trial.Apply(metric));
                Measure(metric);
                break;
            case SweepEvent.CheckpointSaved saved:
                Change(saved.Attempt.Trial, trial => trial.Apply(saved));
                break;
            case SweepEvent.AttemptEnded ended when Spec is not null:
                Change(ended.Attempt.Trial, trial => trial.Apply(ended, hold: Pause is not null, Spec.Retries));
                if (ended.Outcome is AttemptOutcome.Rested rested)
                    scheduler.Rested(ended.Attempt.Trial, rested.Step);
                break;
            case SweepEvent.TrialEnded ended:
                Finish(ended);
                break;
            case SweepEvent.ReportRejected rejected:
                Change(rejected.Attempt.Trial, trial => trial.Apply(rejected));
                break;
            default:
                throw new InvalidOperationException($"{recorded} cannot follow what the sweep has recorded.");
        }
    }

    private void Create(SweepEvent.TrialCreated created)
    {
        var trial = new Trial(created.Trial, created.Work, created.Needs, created.Held);
        _trials.Add(trial);
        _counts[(int)trial.State]++;
        foreach (var id in created.Needs)
        {
            var need = Existing(id);
            switch (need.State)
            {
                case TrialState.Completed when need.Due is null:
                    break;
                case TrialState.Pruned or TrialState.Failed or TrialState.Cancelled or TrialState.Invalid when need.Due is null:
                    Doom(trial, need);
                    break;
                default:
                    trial.OpenNeeds++;
                    need.AddDependent(trial);
                    break;
            }
        }

        planner.Register(trial.Id, trial.Work);
        if (planner.Scheduled(trial.Id, trial.Work) is { } scheduled)
            scheduler.Add(scheduled);
        if (created.Held)
            _resting.Add(trial);
        if (trial.IsReady)
            _ready.Add(trial.Id);
    }

    /// <summary>Whether the scheduler decides about a trial.</summary>
    public bool IsScheduled(TrialId id) => planner.IsScheduled(Existing(id).Work);

    private void Measure(SweepEvent.MetricReported metric)
    {
        var trial = Existing(metric.Attempt.Trial);
        var measured = trial.TakenOverAt < 0
            ? planner.Measure(trial.Work, metric.Step, metric.Values)
            : planner.ValueOf(trial.Work, metric.Values);
        if (measured is not { } value)
            return;

        trial.MeasuredAt.Add(metric.Step);
        scheduler.Measured(trial.Id, metric.Step, double.IsFinite(value) ? value : double.PositiveInfinity);
        if (scheduler.IsPruned(trial.Id))
            _pruned.Enqueue(trial);
    }

    private void Exploit(SweepEvent.TrialExploited exploited)
    {
        var trial = Existing(exploited.Trial);
        if (trial.TakenOverAt < 0) // samplers know what was drawn, and this is the last that is to be known of it
            planner.Observe(trial.Work, result: null, trial.Elapsed, TrialState.Pruned);
        Change(exploited.Trial, changed => changed.Apply(exploited));
        scheduler.Exploited(exploited.Trial, exploited.Checkpoint.Step, exploited.Configuration);
    }

    private void Finish(SweepEvent.TrialEnded ended)
    {
        var trial = Existing(ended.Trial);
        var (result, dependents) = (trial.Result, trial.Dependents);
        Change(ended.Trial, changed => changed.Apply(ended));
        if (trial.TakenOverAt < 0)
            planner.Observe(trial.Work, result, trial.Elapsed, ended.State);
        if (planner.IsScheduled(trial.Work))
            Tell(trial, ended.State, result);
        foreach (var dependent in dependents)
        {
            if (dependent.Phase is TrialPhase.Ended)
                continue;
            if (ended.State == TrialState.Completed)
                Change(dependent.Id, changed => changed.OpenNeeds--);
            else if (dependent.Doom is null)
                Doom(dependent, trial);
        }
    }

    private void Tell(Trial ended, TrialState state, TrialResult? result)
    {
        if (state == TrialState.Completed)
        {
            var value = planner.ValueOf(ended.Work, result!.Metrics);
            scheduler.Finished(ended.Id, value is { } known && double.IsFinite(known) ? known : double.PositiveInfinity);
        }

        scheduler.Ended(ended.Id, state);
        foreach (var closed in scheduler.ClosedBy(ended.Id))
            _pruned.Enqueue(Existing(closed));
    }

    private void Doom(Trial trial, Trial need)
    {
        Change(trial.Id, changed => changed.Doom = Conclusion.Needed(need.Id, need.State));
        _due.Enqueue(trial);
    }

    private void Resume()
    {
        Pause = null;
        foreach (var trial in _held.ToArray())
            Change(trial.Id, changed => changed.Release());
    }

    private void Lend(CheckpointRecord? checkpoint, int borrowers)
    {
        if (checkpoint?.Owner is not { } owner)
            return;
        borrowers += _lent.GetValueOrDefault(checkpoint.Folder).Borrowers;
        if (borrowers > 0)
            _lent[checkpoint.Folder] = (owner, borrowers);
        else
            _lent.Remove(checkpoint.Folder);
    }

    /// <summary>Changes a trial and then everything that is kept by its state.</summary>
    private void Change(TrialId id, Action<Trial> change)
    {
        var trial = Existing(id);
        var (state, phase, wasReady, lease) = (trial.State, trial.Phase, trial.IsReady, trial.Lease);
        var (due, checkpoint) = (trial.Due, trial.Checkpoint);
        change(trial);

        _counts[(int)state]--;
        _counts[(int)trial.State]++;
        if (trial.IsReady && !wasReady)
            _ready.Add(id);
        else if (wasReady && !trial.IsReady)
            _ready.Remove(id);
        if (!ReferenceEquals(checkpoint, trial.Checkpoint))
        {
            Lend(checkpoint, borrowers: -1);
            Lend(trial.Checkpoint, borrowers: 1);
        }

        if (lease is not null && trial.Lease is null)
            _byWorker.Remove(lease.Worker.Id);
        else if (lease is null && trial.Lease is { } taken)
            _byWorker.Add(taken.Worker.Id, trial);
        if (due is null && trial.Due is not null)
            _due.Enqueue(trial);
        Keep(_held, trial, phase is TrialPhase.Paused, trial.Phase is TrialPhase.Paused);
        Keep(_resting, trial, phase is TrialPhase.Resting or TrialPhase.Held, trial.Phase is TrialPhase.Resting or TrialPhase.Held);
    }

    private static void Keep(HashSet<Trial> set, Trial trial, bool was, bool isNow)
    {
        if (isNow && !was)
            set.Add(trial);
        else if (was && !isNow)
            set.Remove(trial);
    }

    private Trial Existing(TrialId id) => Find(id) ?? throw new UnreachableException($"There is no trial {id}.");
}
