using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Asking;

/// <summary>What somebody who asked for a trial is to do, <c>orchestrator/ask/1</c>. All after <see cref="Reason"/> is null unless the
/// answer is <see cref="AskVerdict.Work"/>.</summary>
public sealed record AskAnswer
{
    /// <summary>Form and version of the document.</summary>
    public string Schema { get; init; } = "orchestrator/ask/1";

    /// <summary>Name of the sweep.</summary>
    public required string Sweep { get; init; }

    /// <summary>Whether there is a trial.</summary>
    public required AskVerdict Answer { get; init; }

    /// <summary>Why there is none.</summary>
    public string? Reason { get; init; }

    /// <summary>The trial.</summary>
    public TrialId? Trial { get; init; }

    /// <summary>The attempt, which every word about it names.</summary>
    public AttemptId? Attempt { get; init; }

    /// <summary>The entry of the sweep file that the trial is of.</summary>
    public string? Entry { get; init; }

    /// <summary>The values to try.</summary>
    public Configuration? Parameters { get; init; }

    /// <summary>The one of the sweep's seeds that the trial runs with.</summary>
    public int? Seed { get; init; }

    /// <summary>The step to begin after: 0, or that of <see cref="ResumeFrom"/>.</summary>
    public int? FromStep { get; init; }

    /// <summary>The step to go to this time; null where no parameter <c>steps</c> says how far a trial goes.</summary>
    public int? RunTo { get; init; }

    /// <summary>Steps at which the metric is to be told, in ascending order.</summary>
    public EquatableArray<int>? ReportAt { get; init; }

    /// <summary>A folder for the trial's checkpoints, which is deleted when the trial has ended well.</summary>
    public string? Checkpoints { get; init; }

    /// <summary>Folder of the checkpoint to go on from; null to begin.</summary>
    public string? ResumeFrom { get; init; }

    /// <summary>When the trial is given to another, unless something is told of it before.</summary>
    public DateTimeOffset? LeaseUntil { get; init; }
}

/// <summary>Whether there is something to do.</summary>
public enum AskVerdict
{
    /// <summary>A trial.</summary>
    Work,

    /// <summary>Nothing at the moment: ask again.</summary>
    Wait,

    /// <summary>Nothing, and nothing will come.</summary>
    Done,
}
