using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Experiments.Samplers;
using Experiments.Sweeps;

namespace Experiments.Trials;

/// <summary>A fact about a sweep. Events in their order are the only truth; everything else is computed from them.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(SweepStarted), "sweep-started")]
[JsonDerivedType(typeof(HistoryImported), "history-imported")]
[JsonDerivedType(typeof(SpecExtended), "spec-extended")]
[JsonDerivedType(typeof(SweepPaused), "sweep-paused")]
[JsonDerivedType(typeof(SweepResumed), "sweep-resumed")]
[JsonDerivedType(typeof(SweepEnded), "sweep-ended")]
[JsonDerivedType(typeof(SuggestionBegun), "suggestion-begun")]
[JsonDerivedType(typeof(TrialCreated), "trial-created")]
[JsonDerivedType(typeof(TrialLeased), "trial-leased")]
[JsonDerivedType(typeof(TrialPromoted), "trial-promoted")]
[JsonDerivedType(typeof(TrialExploited), "trial-exploited")]
[JsonDerivedType(typeof(AttemptStarted), "attempt-started")]
[JsonDerivedType(typeof(MetricReported), "metric-reported")]
[JsonDerivedType(typeof(CheckpointSaved), "checkpoint-saved")]
[JsonDerivedType(typeof(AttemptEnded), "attempt-ended")]
[JsonDerivedType(typeof(TrialEnded), "trial-ended")]
[JsonDerivedType(typeof(ReportRejected), "report-rejected")]
public abstract record SweepEvent
{
    private SweepEvent()
    {
    }

    /// <summary>The sweep began with this specification.</summary>
    public sealed record SweepStarted(SweepSpec Spec) : SweepEvent;

    /// <summary>What the samplers of the entries know from the start of what earlier sweeps found. With this the sweep needs
    /// those no more.</summary>
    public sealed record HistoryImported(EquatableArray<ImportedHistory> Histories) : SweepEvent;

    /// <summary>The sweep goes on with more trials, seeds or limits.</summary>
    public sealed record SpecExtended(SweepSpec Spec) : SweepEvent;

    /// <summary>No new leases are given; with <paramref name="StopRunning"/> running attempts save and stop, and those that
    /// are adopted later too. <paramref name="AtLimit"/> where a limit of the sweep is the reason.</summary>
    public sealed record SweepPaused(
        string Reason,
        bool StopRunning,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool AtLimit = false) : SweepEvent;

    /// <summary>Leases are given again.</summary>
    public sealed record SweepResumed : SweepEvent;

    /// <summary>Nothing is left to do.</summary>
    public sealed record SweepEnded(string Reason) : SweepEvent;

    /// <summary>The next configuration of an entry is asked for: it is drawn from what was recorded before this, whatever is
    /// recorded until it is there.</summary>
    public sealed record SuggestionBegun(int Block, string Entry, int Index) : SweepEvent;

    /// <summary>A trial is there, waiting; when <paramref name="Held"/>, until the scheduler promotes it.</summary>
    public sealed record TrialCreated(
        TrialId Trial,
        TrialWork Work,
        EquatableArray<TrialId> Needs,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Held = false) : SweepEvent;

    /// <summary>An attempt was given to a worker, which may be silent that long where it said so itself. Its number is one more than
    /// the trial's last.</summary>
    public sealed record TrialLeased(AttemptId Attempt, string Worker, string Device, string Node, TimeSpan? Lease = null) : SweepEvent;

    /// <summary>A resting or held trial waits for a device: the scheduler lets it go on, or begin.</summary>
    public sealed record TrialPromoted(TrialId Trial) : SweepEvent;

    /// <summary>A resting trial has given up what it had trained, and goes on from a donor's checkpoint with other values.</summary>
    /// <param name="Trial">The trial.</param>
    /// <param name="Donor">Whose training it takes over: weights, optimizer, place in the data.</param>
    /// <param name="Checkpoint">The checkpoint, which stays until the trial has a newer one of its own.</param>
    /// <param name="Configuration">What it goes on with.</param>
    public sealed record TrialExploited(
        TrialId Trial, TrialId Donor, CheckpointRecord Checkpoint, Configuration Configuration) : SweepEvent;

    /// <summary>The worker began, from that step; with a sentence where people should know why from there.</summary>
    public sealed record AttemptStarted(
        AttemptId Attempt, long Sequence, int ProcessId, int FromStep, string? Warning = null) : SweepEvent;

    /// <summary>Values of a step. Each (trial, step, name) is recorded once: a later attempt that comes by again adds nothing, so
    /// that <paramref name="Values"/> may be empty; what is left is that the report came.</summary>
    public sealed record MetricReported(
        AttemptId Attempt,
        long Sequence,
        int Step,
        ImmutableSortedDictionary<string, double> Values) : SweepEvent;

    /// <summary>A checkpoint lies whole on disk; everything that the attempt reported before it is recorded, as reports
    /// are in order.</summary>
    public sealed record CheckpointSaved(AttemptId Attempt, long Sequence, int Step, string Folder, long Bytes) : SweepEvent;

    /// <summary>An attempt is over. Where no report says so (the worker was lost, the trial cancelled or out of time),
    /// <paramref name="Sequence"/> is that of its last report and <paramref name="Elapsed"/> is zero.</summary>
    public sealed record AttemptEnded(AttemptId Attempt, long Sequence, AttemptOutcome Outcome, TimeSpan Elapsed) : SweepEvent;

    /// <summary>A trial has reached an end, by its last attempt or without one.</summary>
    public sealed record TrialEnded(TrialId Trial, TrialState State, FailureCause? Cause, string? Message) : SweepEvent;

    /// <summary>A report that named a fenced attempt, or that contradicts what is recorded: kept to be looked at, without effect.</summary>
    public sealed record ReportRejected(AttemptId Attempt, long Sequence, RejectionReason Reason, string Detail) : SweepEvent;
}

/// <summary>What an earlier sweep found that an entry's sampler should know.</summary>
/// <param name="Sweep">Name of the earlier sweep.</param>
/// <param name="Block">Index of the entry's block.</param>
/// <param name="Entry">Name of the entry.</param>
/// <param name="Observations">Configurations that had come to something there and are of the entry's space, oldest first.</param>
/// <param name="LeftOut">How many others there are, which are not of the space.</param>
public sealed record ImportedHistory(
    string Sweep, int Block, string Entry, EquatableArray<Observation> Observations, int LeftOut);

/// <summary>Why a report was not recorded.</summary>
public enum RejectionReason
{
    /// <summary>Its attempt is not the newest of its trial, or is closed. Recorded once an attempt.</summary>
    Fenced,

    /// <summary>It gives a recorded step another value; the first one stays. Recorded once an attempt.</summary>
    Nondeterminism,

    /// <summary>It cannot follow what the attempt reported before.</summary>
    OutOfOrder,
}

/// <summary>How an attempt ended.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(Finished), "finished")]
[JsonDerivedType(typeof(Paused), "paused")]
[JsonDerivedType(typeof(Rested), "rested")]
[JsonDerivedType(typeof(Failed), "failed")]
public abstract record AttemptOutcome
{
    private AttemptOutcome()
    {
    }

    /// <summary>The work is done.</summary>
    public sealed record Finished(TrialResult Result) : AttemptOutcome;

    /// <summary>Stopped on request at its newest checkpoint.</summary>
    public sealed record Paused(int Step) : AttemptOutcome;

    /// <summary>Measured and saved at the step where it was to rest.</summary>
    public sealed record Rested(int Step) : AttemptOutcome;

    /// <summary>Ended by an error; with <paramref name="DiskFull"/> by one that passes when somebody makes room.</summary>
    public sealed record Failed(FailureCause Cause, string Message, int? Step, bool DiskFull = false) : AttemptOutcome;
}

/// <summary>What a completed trial is worth.</summary>
public sealed record TrialResult
{
    /// <summary>Metrics by name with their split: <c>validation_dice</c>, <c>test_dice</c>.</summary>
    public ImmutableSortedDictionary<string, double> Metrics { get; init; } = ImmutableSortedDictionary<string, double>.Empty;

    /// <summary>Optimizer steps.</summary>
    public int Steps { get; init; }

    /// <summary>Parameters that were trained.</summary>
    public long TrainableParameters { get; init; }

    /// <summary>Parameters of base and adapter together.</summary>
    public long TotalParameters { get; init; }

    /// <summary>Highest memory while training.</summary>
    public long PeakMemoryBytes { get; init; }

    /// <summary>Folder of what was made, relative to the data folder: the adapter that other trials may compose.</summary>
    public string? Artefact { get; init; }
}
