using System.Collections.Immutable;
using System.Diagnostics;
using Experiments.Samplers;
using Experiments.Schedulers;
using Experiments.Sweeps;

namespace Experiments.Trials;

/// <summary>
/// Decides everything about a sweep: which trials there are, who works on which, what a report means, when it is over. Pure:
/// no clock, no I/O. Told something, it answers with events, which it has taken in already, and with effects, which the
/// caller carries out once the events are durable. After a restart the recorded events are replayed, then
/// <see cref="Start"/> goes on from there; workers that come back are adopted as they say what they work on.
/// </summary>
public sealed partial class SweepLedger
{
    private readonly SweepSpec _wanted;
    private readonly TrialPlanner _planner;
    private readonly SweepState _state;
    private readonly ITrialScheduler _scheduler;
    private readonly OrderedDictionary<string, WorkerInfo> _idle = new(StringComparer.Ordinal);
    private readonly List<SweepEvent> _events = [];
    private readonly List<LedgerEffect> _effects = [];
    private bool _isStarted;

    /// <summary>A ledger that knows no events yet, with the sampler and the scheduler that the specification names.</summary>
    /// <exception cref="SpecException">When one of them is not known.</exception>
    public SweepLedger(SweepSpec spec, ICatalogue catalogue)
        : this(spec, catalogue, SamplerCatalogue.Create(spec.Sampler), SchedulerCatalogue.Create(spec.Scheduler))
    {
    }

    /// <summary>A ledger that knows no events yet.</summary>
    /// <param name="spec">What the sweep should be; where it has recorded events, the same or an extension of it.</param>
    /// <param name="catalogue">Says what must be prepared.</param>
    /// <param name="sampler">Draws configurations.</param>
    /// <param name="scheduler">Picks the next trial of those that could start.</param>
    public SweepLedger(SweepSpec spec, ICatalogue catalogue, ISampler sampler, ITrialScheduler scheduler)
    {
        (_wanted, _scheduler) = (spec, scheduler);
        _planner = new TrialPlanner(sampler, catalogue, scheduler);
        _state = new SweepState(_planner, scheduler);
    }

    /// <summary>The specification in force.</summary>
    public SweepSpec Spec => _state.Spec ?? _wanted;

    /// <summary>Number of trials by state; states without any are absent.</summary>
    public ImmutableSortedDictionary<TrialState, int> Counts => _state.Counts;

    /// <summary>Attempts in the hands of workers. After a restart, those that nobody claims in time are lost.</summary>
    public IEnumerable<Lease> Leases => _state.Leased.Select(trial => trial.Lease!);

    /// <summary>Why the sweep is paused; null while it goes on.</summary>
    public string? Paused => _state.Pause?.Reason;

    /// <summary>Why the sweep has ended; null while it has not.</summary>
    public string? Ended => _state.End;

    internal SweepState State => _state;

    /// <summary>What the holder of a leased trial was told to do.</summary>
    internal Assignment AssignmentOf(Trial trial) => Assignments.Of(_state, trial, _scheduler);

    /// <summary>Every trial, in order of number.</summary>
    public IEnumerable<TrialStatus> Trials => _state.Trials.Select(Status);

    /// <summary>A trial; null where the sweep has none of that number.</summary>
    public TrialStatus? Find(TrialId id) => _state.Find(id) is { } trial ? Status(trial) : null;

    /// <summary>Takes in an event that was recorded earlier; in order, all of them before <see cref="Start"/>.</summary>
    public void Replay(SweepEvent recorded)
    {
        if (_isStarted)
            throw new InvalidOperationException("Events are replayed before the start.");
        _state.Apply(recorded);
    }

    /// <summary>Begins the sweep, or goes on where its recorded events end, under the specification that was given.</summary>
    /// <param name="earlier">What its samplers should know of earlier sweeps from the start; null for nothing. A sweep that
    /// has begun already keeps what it knows.</param>
    /// <exception cref="SpecException">When the sweep cannot go on under that specification.</exception>
    public LedgerStep Start(SweepEvent.HistoryImported? earlier = null)
    {
        if (_state.Spec is null)
        {
            Record(new SweepEvent.SweepStarted(_wanted));
            if (earlier is not null)
                Record(earlier);
        }

        var step = Extend(_wanted);
        _isStarted = true;
        return step;
    }

    /// <summary>Goes on under another specification, with more trials or seeds; does nothing where it is the one in force.</summary>
    /// <exception cref="SpecException">When the sweep cannot go on under that specification; it is as before then.</exception>
    public LedgerStep Extend(SweepSpec spec)
    {
        if (_state.Spec is not { } inForce)
            throw new InvalidOperationException("The sweep has not been started.");
        if (inForce != spec)
        {
            var change = SpecChange.Between(inForce, spec);
            if (!change.IsAllowed)
                throw new SpecException([$"sweep '{spec.Name}' was begun with another specification.", .. change.Refusals]);
            Record(new SweepEvent.SpecExtended(spec));
        }

        if (_state.End is { } reason)
        {
            _effects.Add(new LedgerEffect.EndSweep(reason));
        }
        else
        {
            Plan(draw: !_planner.IsLazy);
            AskWhatIsAwaited();
        }

        return Conclude();
    }

    /// <summary>Decides.</summary>
    public LedgerStep Handle(LedgerInput input)
    {
        if (!_isStarted)
            throw new InvalidOperationException("The sweep has not been started.");

        switch (input)
        {
            case LedgerInput.WorkerReady ready: Ready(ready.Worker); break;
            case LedgerInput.WorkerBusy busy: Adopt(busy.Worker, busy.Attempt); break;
            case LedgerInput.WorkerLost lost: Lose(lost.Worker, lost.Reason); break;
            case LedgerInput.Reported reported: Receive(reported); break;
            case LedgerInput.Suggested suggested: Take(suggested); break;
            case LedgerInput.Pause pause: Pause(pause); break;
            case LedgerInput.Resume when _state.Pause is not null: Record(new SweepEvent.SweepResumed()); break;
            case LedgerInput.Resume: break;
            case LedgerInput.Cancel { Trial: { } id }: Cancel(id); break;
            case LedgerInput.Cancel: CancelAll(); break;
            case LedgerInput.TimedOut timedOut: TimeOut(timedOut.Attempt); break;
            default: throw new UnreachableException();
        }

        return Conclude();
    }

    private void Ready(WorkerInfo worker)
    {
        if (worker.IsExternal != Spec.IsExternal)
            return; // the one place that keeps trials which are asked for from devices, and trainings from those who ask

        if (_state.HeldBy(worker.Id) is { } trial)
        {
            if (trial.Sequence == 0)
            {
                Assign(trial); // the assignment has not reached it
                return;
            }

            Close(trial, FailureCause.Lost, "The worker came back without it.");
        }

        _idle[worker.Id] = worker;
    }

    private void Adopt(WorkerInfo worker, AttemptId attempt)
    {
        _idle.Remove(worker.Id);
        var trial = _state.Find(attempt.Trial);
        if (trial?.IsHeldBy(worker.Id, attempt) == true)
        {
            _effects.Add(new LedgerEffect.Acknowledge(worker.Id, attempt, trial.Sequence));
            if (_state.Pause?.StopRunning == true)
                _effects.Add(new LedgerEffect.Stop(worker.Id, attempt, Save: true));
        }
        else if (trial?.EndOf(attempt.Number) is { } last)
        {
            _effects.Add(new LedgerEffect.Acknowledge(worker.Id, attempt, last)); // it has ended; the answer did not reach the worker
        }
        else
        {
            _effects.Add(new LedgerEffect.Fence(worker.Id, attempt));
        }
    }

    private void Lose(string worker, string reason)
    {
        _idle.Remove(worker);
        if (_state.HeldBy(worker) is { } trial)
            Close(trial, FailureCause.Lost, reason);
    }

    private void Pause(LedgerInput.Pause pause)
    {
        if (_state.End is null && (_state.Pause is null || (pause.StopRunning && !_state.Pause.StopRunning)))
            Record(new SweepEvent.SweepPaused(pause.Reason, pause.StopRunning, pause.AtLimit));
        if (!pause.StopRunning)
            return;

        foreach (var lease in Leases)
            _effects.Add(new LedgerEffect.Stop(lease.Worker.Id, lease.Attempt, Save: true));
    }

    /// <summary>Pauses until somebody has seen to the reason: until then other trials would fare no better.</summary>
    private void Hold(string reason)
    {
        Pause(new LedgerInput.Pause(reason, StopRunning: true));
        _effects.Add(new LedgerEffect.Hold());
    }

    private void Cancel(TrialId id)
    {
        if (_state.Find(id) is not { } trial || trial.Phase is TrialPhase.Ended)
            return;

        Withdraw(trial);
        End(trial, Conclusion.Cancelled);
    }

    private void Prune(Trial trial)
    {
        Withdraw(trial);
        End(trial, Conclusion.Pruned(_scheduler.WhyPruned(trial.Id)));
    }

    /// <summary>Takes a trial that is to end now from the worker that holds it, if one does.</summary>
    private void Withdraw(Trial trial)
    {
        if (trial.Lease is not { } lease)
            return;

        var outcome = new AttemptOutcome.Paused(trial.Checkpoint?.Step ?? 0);
        Record(new SweepEvent.AttemptEnded(lease.Attempt, trial.Sequence, outcome, default));
        _effects.Add(new LedgerEffect.Stop(lease.Worker.Id, lease.Attempt, Save: false));
    }

    private void CancelAll()
    {
        foreach (var trial in _state.Trials)
            Cancel(trial.Id);
        if (_state.End is null)
            End("cancelled");
    }

    private void TimeOut(AttemptId attempt)
    {
        if (_state.Find(attempt.Trial) is not { Lease: { } lease } trial || lease.Attempt != attempt)
            return;

        Close(trial, FailureCause.Timeout, $"It ran longer than the limit of {Spec.Limits.Trial} for a trial.");
        _effects.Add(new LedgerEffect.Stop(lease.Worker.Id, attempt, Save: false));
    }

    /// <summary>Closes the attempt that holds the trial without a report that says so.</summary>
    private void Close(Trial trial, FailureCause cause, string reason)
    {
        var outcome = new AttemptOutcome.Failed(cause, reason, trial.Step);
        Record(new SweepEvent.AttemptEnded(trial.Lease!.Attempt, trial.Sequence, outcome, default));
    }

    /// <summary>Draws the consequences of what was recorded: trials that end by it, free workers that can go on, the sweep's end.</summary>
    private LedgerStep Conclude()
    {
        Settle();
        if (_state.End is null)
        {
            if (!_planner.IsLazy)
                Plan(draw: true); // for what was rejected
            while (Serve())
                Settle();
            if (_state.OnlyRests && _scheduler.Promotion(last: true) is null)
            {
                foreach (var trial in _state.Resting)
                    Prune(trial);
            }

            if (_state.Live == 0 && _planner.IsDrawn)
                End("done");
        }

        var step = new LedgerStep([.. _events], [.. _effects]);
        _events.Clear();
        _effects.Clear();
        return step;
    }

    private void Settle()
    {
        while (true)
        {
            if (_state.NextPruned() is { } pruned)
                Prune(pruned);
            else if (_state.NextDue() is { Due: { } conclusion } trial)
                End(trial, conclusion); // which may be why others are pruned
            else
                return;
        }
    }

    private void End(Trial trial, Conclusion conclusion)
    {
        var checkpoint = trial.Checkpoint;
        Record(new SweepEvent.TrialEnded(trial.Id, conclusion.State, conclusion.Cause, conclusion.Message));
        if (conclusion.State != TrialState.Failed) // those of a failed trial are kept to be looked at
            _effects.Add(new LedgerEffect.DeleteTrialCheckpoints(trial.Id, _state.LentBy(trial.Id)));
        Delete(checkpoint, trial.Checkpoint);
    }

    private void End(string reason)
    {
        Record(new SweepEvent.SweepEnded(reason));
        _effects.Add(new LedgerEffect.EndSweep(reason));
    }

    /// <summary>Lets a checkpoint go that nothing will read again, its place taken by another or by none.</summary>
    private void Delete(CheckpointRecord? old, CheckpointRecord? current)
    {
        if (old is not null && old.Folder != current?.Folder && !_state.IsReferredTo(old))
            _effects.Add(new LedgerEffect.DeleteCheckpoints([old.Folder]));
    }

    private void Record(SweepEvent decided)
    {
        _state.Apply(decided);
        _events.Add(decided);
    }

    private TrialStatus Status(Trial trial) =>
        new(trial.Id, trial.Work, trial.State, trial.Attempt, trial.Step, trial.Lease, Waits(trial));

    private WaitReason? Waits(Trial trial) => trial.State switch
    {
        TrialState.Waiting when trial.Phase is TrialPhase.Held => new WaitReason.Unpromoted(),
        TrialState.Waiting when trial.OpenNeeds > 0 => new WaitReason.Needs(
            [.. trial.Needs.Where(need => _state.Find(need)!.State != TrialState.Completed)]),
        TrialState.Waiting or TrialState.Paused when _state.Pause is { } pause =>
            pause.AtLimit ? new WaitReason.Limit(pause.Reason) : new WaitReason.Paused(pause.Reason),
        TrialState.Resting => new WaitReason.Resting(trial.Step),
        TrialState.Waiting => Spec.IsExternal ? new WaitReason.NotAskedFor() : new WaitReason.NoFreeDevice(),
        _ => null,
    };
}
