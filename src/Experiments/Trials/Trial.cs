using System.Diagnostics;
using Experiments.Sweeps;

namespace Experiments.Trials;

/// <summary>
/// A trial's state machine: each event moves it along an arrow that exists, or throws. What a live trial needs (its curves,
/// its checkpoint) is let go when it ends.
/// </summary>
internal sealed class Trial(TrialId id, TrialWork work, EquatableArray<TrialId> needs, bool isHeld)
{
    /// <summary>Attempts that end for a file that cannot be read or written are tried again this often.</summary>
    private const int IoRetries = 3;

    private RecordedValues? _values;
    private HashSet<int>? _measuredAt;
    private long[] _endedAt = []; // of each earlier attempt: the sequence number of the report that ended it, or -1
    private List<Trial>? _dependents;
    private HashSet<(int Attempt, RejectionReason Reason)>? _rejections;
    private bool _progressed;
    private int _furthestCheckpoint;
    private int _losses;
    private int _ioFailures;

    public TrialId Id { get; } = id;

    public TrialWork Work { get; private set; } = work;

    public EquatableArray<TrialId> Needs { get; } = needs;

    public TrialPhase Phase { get; private set; } = isHeld ? new TrialPhase.Held() : new TrialPhase.Waiting();

    /// <summary>Number of the newest attempt, 0 before the first.</summary>
    public int Attempt { get; private set; }

    /// <summary>The highest recorded report of the newest attempt.</summary>
    public long Sequence { get; private set; }

    /// <summary>The last step that was reported.</summary>
    public int Step { get; private set; }

    /// <summary>Where the next attempt begins; null for the start.</summary>
    public CheckpointRecord? Checkpoint { get; private set; }

    /// <summary>The first attempt since the trial took over another's training; 1 where it never has.</summary>
    public int FirstAttempt { get; private set; } = 1;

    /// <summary>The step from which it went on then: what is reported up to there is not of the trial. -1 where it never has.</summary>
    public int TakenOverAt { get; private set; } = -1;

    /// <summary>Steps at which the task's metric is recorded, while the trial lives.</summary>
    public HashSet<int> MeasuredAt => _measuredAt ??= [];

    /// <summary>What the finished work came to, until the trial's end is recorded.</summary>
    public TrialResult? Result { get; private set; }

    /// <summary>Time in all attempts that said how they ended.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <summary>Where a completed trial left what it made.</summary>
    public string? Artefact { get; private set; }

    /// <summary>How many trials must be completed before this one can start.</summary>
    public int OpenNeeds { get; set; }

    /// <summary>How this trial will end because one that it needs has ended otherwise than completed.</summary>
    public Conclusion? Doom { get; set; }

    /// <summary>Whether its last attempts found the disk full so often that it is tried again only when somebody has made room.</summary>
    public bool NeedsRoom { get; private set; }

    /// <summary>Trials that need this one, while it lives.</summary>
    public IReadOnlyList<Trial> Dependents => _dependents ?? (IReadOnlyList<Trial>)[];

    public Lease? Lease => (Phase as TrialPhase.Leased)?.Lease;

    public bool IsReady => Phase is TrialPhase.Waiting && OpenNeeds == 0 && Doom is null;

    /// <summary>How the trial is to end now, where that is settled and not recorded yet.</summary>
    public Conclusion? Due => Phase switch
    {
        TrialPhase.Concluded concluded => concluded.Conclusion,
        TrialPhase.Waiting or TrialPhase.Held or TrialPhase.Paused or TrialPhase.Resting => Doom,
        _ => null,
    };

    public TrialState State => Phase switch
    {
        TrialPhase.Waiting or TrialPhase.Held => TrialState.Waiting,
        TrialPhase.Leased leased => leased.Began ? TrialState.Running : TrialState.Assigned,
        TrialPhase.Paused => TrialState.Paused,
        TrialPhase.Resting => TrialState.Resting,
        TrialPhase.Concluded concluded => concluded.Conclusion.State,
        TrialPhase.Ended ended => ended.Conclusion.State,
        _ => throw new UnreachableException(),
    };

    /// <summary>Whether that attempt is the newest and in the hands of that worker.</summary>
    public bool IsHeldBy(string worker, AttemptId attempt) =>
        Lease is { } lease && lease.Attempt == attempt && lease.Worker.Id == worker;

    /// <summary>Number of the report that ended an attempt; null where none did. It may come again, its answer being lost.</summary>
    public long? EndOf(int attempt) =>
        attempt >= 1 && attempt <= _endedAt.Length && _endedAt[attempt - 1] is var last and >= 0 ? last : null;

    public bool HasRejected(int attempt, RejectionReason reason) => _rejections?.Contains((attempt, reason)) == true;

    /// <summary>Whether a checkpoint of that step is there, so that the trial can be gone on with at any time on any device.</summary>
    public bool CanRestAt(int step) => Checkpoint?.Step == step;

    /// <summary>Another trial cannot start before this one has completed.</summary>
    public void AddDependent(Trial trial) => (_dependents ??= []).Add(trial);

    /// <summary>The values that are not recorded yet.</summary>
    public RecordedValues Values => _values ??= new RecordedValues();

    public void Apply(SweepEvent.TrialLeased leased)
    {
        if (!IsReady || leased.Attempt.Number != Attempt + 1)
            throw Illegal(leased);

        Attempt++;
        (Sequence, NeedsRoom) = (0, false);
        var worker = new WorkerInfo(leased.Worker, leased.Device, leased.Node, leased.Lease);
        Phase = new TrialPhase.Leased(new Lease(leased.Attempt, worker), Began: false);
    }

    public void Apply(SweepEvent.AttemptStarted started)
    {
        if (Phase is not TrialPhase.Leased { Began: false } leased)
            throw Illegal(started);

        Next(started.Attempt, started.Sequence, started);
        Phase = leased with { Began = true };
        Step = started.FromStep;
        if (Checkpoint?.Step > started.FromStep)
            Checkpoint = null; // the worker found it unusable and began before it
    }

    public void Apply(SweepEvent.MetricReported metric)
    {
        Next(metric.Attempt, metric.Sequence, metric);
        Values.Add(metric.Step, metric.Values);
        Step = metric.Step;
        _progressed |= !metric.Values.IsEmpty;
    }

    public void Apply(SweepEvent.CheckpointSaved saved)
    {
        if (saved.Step < Checkpoint?.Step)
            throw Illegal(saved);

        Next(saved.Attempt, saved.Sequence, saved);
        Checkpoint = new CheckpointRecord(saved.Attempt.Number, saved.Step, saved.Folder, saved.Bytes);
        _progressed |= saved.Step > _furthestCheckpoint;
        _furthestCheckpoint = Math.Max(_furthestCheckpoint, saved.Step);
    }

    /// <param name="ended">The end.</param>
    /// <param name="hold">Whether a paused trial waits for the sweep to be resumed.</param>
    /// <param name="retries">How many losses in a row without progress are made up for.</param>
    public void Apply(SweepEvent.AttemptEnded ended, bool hold, int retries)
    {
        var reported = Lease?.Attempt == ended.Attempt && ended.Sequence == Sequence + 1;
        if (ended.Outcome is AttemptOutcome.Rested rested && (!reported || !CanRestAt(rested.Step)))
            throw Illegal(ended);
        if (reported)
            Next(ended.Attempt, ended.Sequence, ended);
        else if (Lease?.Attempt != ended.Attempt || ended.Sequence != Sequence || ended.Outcome is AttemptOutcome.Finished)
            throw Illegal(ended);

        _endedAt = [.. _endedAt, reported ? ended.Sequence : -1];
        Elapsed += ended.Elapsed;
        Phase = ended.Outcome switch
        {
            AttemptOutcome.Finished => new TrialPhase.Concluded(Conclusion.Completed),
            AttemptOutcome.Paused when hold => new TrialPhase.Paused(),
            AttemptOutcome.Paused => new TrialPhase.Waiting(),
            AttemptOutcome.Rested => new TrialPhase.Resting(),
            AttemptOutcome.Failed failed when IsRetried(failed, retries) => new TrialPhase.Waiting(),
            AttemptOutcome.Failed failed => new TrialPhase.Concluded(Conclusion.Of(failed)),
            _ => throw new UnreachableException(),
        };
        Result = (ended.Outcome as AttemptOutcome.Finished)?.Result;
    }

    public void Apply(SweepEvent.TrialEnded ended)
    {
        var conclusion = new Conclusion(ended.State, ended.Cause, ended.Message);
        var legal = Phase switch
        {
            TrialPhase.Concluded concluded => concluded.Conclusion == conclusion,
            TrialPhase.Waiting or TrialPhase.Held or TrialPhase.Paused or TrialPhase.Resting =>
                conclusion == Doom || conclusion == Conclusion.Cancelled || ended.State == TrialState.Pruned,
            _ => false,
        };
        if (!legal)
            throw Illegal(ended);

        Phase = TrialPhase.Ended.With(conclusion);
        Artefact = Result?.Artefact;
        if (ended.State != TrialState.Failed)
            Checkpoint = null; // a failed trial's is kept to be looked at
        (Result, Doom, _values, _measuredAt, _dependents) = (null, null, null, null, null);
    }

    public void Apply(SweepEvent.ReportRejected rejected)
    {
        if (rejected.Reason == RejectionReason.OutOfOrder)
            Next(rejected.Attempt, rejected.Sequence, rejected);
        (_rejections ??= []).Add((rejected.Attempt.Number, rejected.Reason));
    }

    /// <summary>The sweep goes on: a held trial waits for a device again.</summary>
    public void Release() => Phase = Phase is TrialPhase.Paused ? new TrialPhase.Waiting() : throw Illegal("a release");

    public void Apply(SweepEvent.TrialPromoted promoted) =>
        Phase = Phase is TrialPhase.Resting or TrialPhase.Held ? new TrialPhase.Waiting() : throw Illegal(promoted);

    public void Apply(SweepEvent.TrialExploited exploited)
    {
        if (Phase is not TrialPhase.Resting || Work is not TrialWork.Train train || exploited.Checkpoint.Step < Checkpoint?.Step)
            throw Illegal(exploited);

        Work = train with { Configuration = exploited.Configuration };
        Checkpoint = exploited.Checkpoint;
        (FirstAttempt, TakenOverAt, Step) = (Attempt + 1, Checkpoint.Step, Checkpoint.Step);
    }

    /// <summary>Takes the next report of the attempt that holds the trial.</summary>
    private void Next(AttemptId attempt, long sequence, SweepEvent report)
    {
        if (Lease?.Attempt != attempt || sequence != Sequence + 1)
            throw Illegal(report);

        Sequence = sequence;
    }

    private bool IsRetried(AttemptOutcome.Failed failed, int retries)
    {
        switch (failed.Cause)
        {
            case FailureCause.Lost:
                _losses = _progressed ? 1 : _losses + 1;
                _progressed = false;
                return _losses <= retries;
            case FailureCause.Io when ++_ioFailures <= IoRetries:
                return true;
            case FailureCause.Io when failed.DiskFull:
                (NeedsRoom, _ioFailures) = (true, 0);
                return true;
            default:
                return false;
        }
    }

    private InvalidOperationException Illegal(object what) =>
        new($"{Id}, {State}, attempt {Attempt}, report {Sequence}: {what} cannot follow.");
}
