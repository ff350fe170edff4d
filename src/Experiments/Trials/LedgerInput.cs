using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Experiments.Sweeps;

namespace Experiments.Trials;

/// <summary>What the ledger is told. It answers with events to record and effects to carry out once they are durable.</summary>
public abstract record LedgerInput
{
    private LedgerInput()
    {
    }

    /// <summary>A worker is there and idle.</summary>
    public sealed record WorkerReady(WorkerInfo Worker) : LedgerInput;

    /// <summary>A worker is there (again) and works on an attempt: it is adopted if the attempt is still the newest, else fenced.</summary>
    public sealed record WorkerBusy(WorkerInfo Worker, AttemptId Attempt) : LedgerInput;

    /// <summary>A worker is gone, or its lease ran out.</summary>
    public sealed record WorkerLost(string Worker, string Reason) : LedgerInput;

    /// <summary>A worker reports. At least once, in order for an attempt, numbered from 1 without gaps.</summary>
    public sealed record Reported(string Worker, AttemptId Attempt, long Sequence, Report Report) : LedgerInput;

    /// <summary>A sampler has answered what it was asked.</summary>
    /// <param name="Block">Index of the block.</param>
    /// <param name="Entry">Name of the entry.</param>
    /// <param name="Index">Index of the configuration.</param>
    /// <param name="Configuration">The answer; null where the entry has no more.</param>
    public sealed record Suggested(int Block, string Entry, int Index, Configuration? Configuration) : LedgerInput;

    /// <summary>No new leases; with <paramref name="StopRunning"/> running attempts save and stop;
    /// <paramref name="AtLimit"/> where a limit of the sweep is the reason.</summary>
    public sealed record Pause(string Reason, bool StopRunning, bool AtLimit = false) : LedgerInput;

    /// <summary>Leases are given again.</summary>
    public sealed record Resume : LedgerInput;

    /// <summary>Ends a trial, or all when null, for good.</summary>
    public sealed record Cancel(TrialId? Trial) : LedgerInput;

    /// <summary>A trial has run longer than its limit allows.</summary>
    public sealed record TimedOut(AttemptId Attempt) : LedgerInput;
}

/// <summary>A worker as the ledger knows it.</summary>
/// <param name="Id">Unique for one incarnation of a worker process.</param>
/// <param name="Device">For example <c>cuda:0</c> or <c>cpu:1</c>.</param>
/// <param name="Node">Host name.</param>
/// <param name="Lease">How long it may be silent, where it says so itself; null where the coordinator says so to all.</param>
public sealed record WorkerInfo(string Id, string Device, string Node, TimeSpan? Lease = null)
{
    /// <summary>Whether it is a program that asks for trials and tells of them, not a process of ours on a device.</summary>
    [JsonIgnore]
    public bool IsExternal => Device == ExternalSpec.Name;
}

/// <summary>What a worker reports about an attempt.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(Started), "started")]
[JsonDerivedType(typeof(Measured), "measured")]
[JsonDerivedType(typeof(Saved), "saved")]
[JsonDerivedType(typeof(Ended), "ended")]
public abstract record Report
{
    private Report()
    {
    }

    /// <summary>It began, from that step; with a sentence where people should know why from there.</summary>
    public sealed record Started(int ProcessId, int FromStep, string? Warning = null) : Report;

    /// <summary>Values of a step.</summary>
    public sealed record Measured(int Step, ImmutableSortedDictionary<string, double> Values) : Report;

    /// <summary>A checkpoint lies whole on disk.</summary>
    public sealed record Saved(int Step, string Folder, long Bytes) : Report;

    /// <summary>It is over.</summary>
    public sealed record Ended(AttemptOutcome Outcome, TimeSpan Elapsed) : Report;
}

/// <summary>What the shell does after the events that came with it are durable.</summary>
public abstract record LedgerEffect
{
    private LedgerEffect()
    {
    }

    /// <summary>Tell the worker to begin.</summary>
    public sealed record Assign(string Worker, Assignment Assignment) : LedgerEffect;

    /// <summary>Tell the worker that everything up to that number is recorded.</summary>
    public sealed record Acknowledge(string Worker, AttemptId Attempt, long Sequence) : LedgerEffect;

    /// <summary>Tell the worker to send again from that number: one before it is missing.</summary>
    public sealed record Resend(string Worker, AttemptId Attempt, long From) : LedgerEffect;

    /// <summary>Tell the worker that its attempt is not the newest: stop at once and discard.</summary>
    public sealed record Fence(string Worker, AttemptId Attempt) : LedgerEffect;

    /// <summary>Tell the worker to save a checkpoint and stop, or only to stop.</summary>
    public sealed record Stop(string Worker, AttemptId Attempt, bool Save) : LedgerEffect;

    /// <summary>Answer the question, on any thread, and tell the ledger.</summary>
    public sealed record Suggest(SuggestionQuestion Question) : LedgerEffect;

    /// <summary>Checkpoints that nothing will read again.</summary>
    public sealed record DeleteCheckpoints(EquatableArray<string> Folders) : LedgerEffect;

    /// <summary>All checkpoints of a trial that has ended well or for good, also those that were never reported, but for
    /// <paramref name="Spared"/>, which others still go on from.</summary>
    public sealed record DeleteTrialCheckpoints(TrialId Trial, EquatableArray<string> Spared) : LedgerEffect;

    /// <summary>The sweep is paused until somebody has seen to the reason: once it is quiet, nothing is gained by waiting.</summary>
    public sealed record Hold : LedgerEffect;

    /// <summary>Nothing is left to do.</summary>
    public sealed record EndSweep(string Reason) : LedgerEffect;
}

/// <summary>Everything a worker needs to begin an attempt.</summary>
/// <param name="Sweep">Name of the sweep.</param>
/// <param name="Attempt">The attempt, which every report names.</param>
/// <param name="Work">What to do.</param>
/// <param name="Block">The task block of a training; null for a preparation.</param>
/// <param name="Method">Registered name of the method of a training; null for a preparation.</param>
/// <param name="ResumeFrom">The newest recorded checkpoint, or null to begin.</param>
/// <param name="MeasureAt">Steps at which the work is measured, beside its own evaluations, in ascending order.</param>
/// <param name="RestAt">The step at which it is measured, saves a checkpoint and rests; null to run to the end.</param>
/// <param name="Experts">Artefacts of the trials that this one needs as experts, in the order of their numbers.</param>
/// <param name="FirstAttempt">The first attempt that worked on what this one goes on with: above 1 where the trial took over
/// another's training, and cannot begin at the start again.</param>
/// <param name="KeepsCopies">Whether another trial may go on from where this one rests, so that what lies there must not change.</param>
public sealed record Assignment(
    string Sweep,
    AttemptId Attempt,
    TrialWork Work,
    TaskBlock? Block,
    string? Method,
    CheckpointRecord? ResumeFrom,
    EquatableArray<int> MeasureAt,
    int? RestAt,
    EquatableArray<string> Experts,
    int FirstAttempt = 1,
    bool KeepsCopies = false)
{
    /// <summary>The step to go to this time; null where no parameter says how far a trial goes.</summary>
    internal int? RunTo => RestAt ?? (Work as TrialWork.Train)?.Configuration.Steps;
}

/// <summary>A recorded checkpoint.</summary>
/// <param name="Attempt">The attempt that wrote it.</param>
/// <param name="Step">Its step.</param>
/// <param name="Folder">Where it lies, relative to the data folder.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Owner">The trial that wrote it, where another goes on from it; null for a trial's own.</param>
public sealed record CheckpointRecord(int Attempt, int Step, string Folder, long Bytes, TrialId? Owner = null);
