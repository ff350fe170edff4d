using System.Collections.Immutable;
using Experiments.Trials;

namespace Experiments.Asking;

/// <summary>Somebody tells of a trial; with nothing in it, only that the work goes on.</summary>
public sealed record TellRequest
{
    /// <summary>Name of the sweep.</summary>
    public required string Sweep { get; init; }

    /// <summary>The trial.</summary>
    public required TrialId Trial { get; init; }

    /// <summary>Number of the attempt; null for the only one there was.</summary>
    public int? Attempt { get; init; }

    /// <summary>Values by name.</summary>
    public ImmutableSortedDictionary<string, double> Values { get; init; } = ImmutableSortedDictionary<string, double>.Empty;

    /// <summary>The step that they are of; null for the one after the last that was told.</summary>
    public int? Step { get; init; }

    /// <summary>A folder that holds a whole checkpoint, relative to the data folder or absolute.</summary>
    public CheckpointFolder? Checkpoint { get; init; }

    /// <summary>Whether the work is over, and how.</summary>
    public TellEnd End { get; init; }

    /// <summary>What went wrong, of work that failed.</summary>
    public string? Message { get; init; }
}

/// <summary>A folder with a checkpoint.</summary>
/// <param name="Folder">Relative to the data folder or, of one that is elsewhere and nobody deletes, absolute.</param>
/// <param name="Bytes">Size of its files.</param>
public sealed record CheckpointFolder(string Folder, long Bytes);

/// <summary>How work is over.</summary>
public enum TellEnd
{
    /// <summary>It is not.</summary>
    None,

    /// <summary>What was asked for is done: the trial is completed or, below its full resource, rests.</summary>
    Done,

    /// <summary>It failed.</summary>
    Failed,

    /// <summary>It stopped by itself; whoever asks next goes on from the last checkpoint.</summary>
    Paused,
}
