using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Storage;

/// <summary>
/// Keeps sweeps: their events, which are the truth, and what is computed from them. One process writes at a time; all
/// calls come from one thread.
/// </summary>
public interface IExperimentStore : IDisposable
{
    /// <summary>Number of this opening; each opening for writing has a higher one than all before it.</summary>
    long Term { get; }

    /// <summary>Appends events in one transaction. When this returns, the events are on disk, and what is computed from them is
    /// up to date for whoever asks. Numbers of a sweep's events count on from its last one, the first is 1.</summary>
    /// <exception cref="StoreException">When the disk is full or the store is broken; nothing of the call is kept then, and it can
    /// be made again.</exception>
    void Append(IReadOnlyList<RecordedEvent> events);

    /// <summary>The events of a sweep after a number, in order; none of a sweep that is not there. Read to its end before anything
    /// is appended to the sweep: what is found damaged on the way is set aside, and the sweep's history ends before it.</summary>
    IEnumerable<RecordedEvent> Read(string sweep, long after = 0);

    /// <summary>All sweeps, newest last.</summary>
    IReadOnlyList<SweepSummary> Sweeps();

    /// <summary>The specification that a sweep goes by: the one that it began with, or the last that extended it.</summary>
    /// <exception cref="StoreException">When there is no such sweep, or nothing of it could be read.</exception>
    SweepSpec SpecOf(string sweep);

    /// <summary>The trials of a sweep as they stand, in order of number, without replaying its events.</summary>
    /// <exception cref="StoreException">When there is no such sweep.</exception>
    IReadOnlyList<TrialRow> Trials(string sweep);

    /// <summary>The recorded values of a trial by step, in order.</summary>
    /// <exception cref="StoreException">When there is no such sweep.</exception>
    IReadOnlyList<MetricRow> Metrics(string sweep, TrialId trial);

    /// <summary>Gives a sweep another name, its events kept.</summary>
    /// <exception cref="StoreException">When there is no such sweep, or one of the new name.</exception>
    void Rename(string sweep, string newName);
}

/// <summary>An event with its place in the history of its sweep and the time it was recorded.</summary>
public sealed record RecordedEvent(string Sweep, long Number, DateTimeOffset Time, SweepEvent Event);

/// <summary>A sweep in a list.</summary>
public sealed record SweepSummary(
    string Name,
    DateTimeOffset Started,
    string State,
    ImmutableSortedDictionary<TrialState, int> Trials,
    long LastEvent)
{
    /// <summary>Why it is paused; null while it is not.</summary>
    public string? PauseReason { get; init; }

    /// <summary>Whether that is a limit.</summary>
    public bool IsAtLimit { get; init; }
}

/// <summary>A trial as it stands.</summary>
public sealed record TrialRow
{
    /// <summary>The trial.</summary>
    public required TrialId Trial { get; init; }

    /// <summary>What it does; a trial that took another's training over has its newest configuration here.</summary>
    public required TrialWork Work { get; init; }

    /// <summary>The parts of its training, where it took another's over; else none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<TrialSegment> Segments { get; init; }

    /// <summary>Trials that must be completed before it can start.</summary>
    public EquatableArray<TrialId> Needs { get; init; } = [];

    /// <summary>Where it stands.</summary>
    public required TrialState State { get; init; }

    /// <summary>Whether it may begin only when the scheduler promotes it.</summary>
    public bool IsHeld { get; init; }

    /// <summary>Number of its newest attempt, 0 before the first.</summary>
    public int Attempt { get; init; }

    /// <summary>The last recorded step.</summary>
    public int Step { get; init; }

    /// <summary>Where its newest attempt ran.</summary>
    public string? Device { get; init; }

    /// <summary>The host of that device.</summary>
    public string? Node { get; init; }

    /// <summary>Result of a completed trial.</summary>
    public TrialResult? Result { get; init; }

    /// <summary>Time in all its attempts.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Why it failed.</summary>
    public FailureCause? Cause { get; init; }

    /// <summary>The first line of why it failed.</summary>
    public string? Message { get; init; }
}

/// <summary>Values of one step of a trial.</summary>
public sealed record MetricRow(int Step, ImmutableSortedDictionary<string, double> Values);

/// <summary>The store cannot be used as asked: one sentence for the user, with what to do.</summary>
public class StoreException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Another process holds the store.</summary>
public sealed class StoreInUseException(string message) : StoreException(message);
