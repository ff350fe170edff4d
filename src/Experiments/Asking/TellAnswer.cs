using Experiments.Trials;

namespace Experiments.Asking;

/// <summary>What somebody who told of a trial is to do now, <c>orchestrator/tell/1</c>. What was told is recorded by then, unless the
/// answer is <see cref="TellVerdict.Stop"/> or <see cref="TellVerdict.Fenced"/> because the trial was over before.</summary>
public sealed record TellAnswer
{
    /// <summary>Form and version of the document.</summary>
    public string Schema { get; init; } = "orchestrator/tell/1";

    /// <summary>Name of the sweep.</summary>
    public required string Sweep { get; init; }

    /// <summary>The trial.</summary>
    public required TrialId Trial { get; init; }

    /// <summary>The attempt.</summary>
    public required AttemptId Attempt { get; init; }

    /// <summary>What to do.</summary>
    public required TellVerdict Answer { get; init; }

    /// <summary>Why, unless the work goes on.</summary>
    public string? Reason { get; init; }

    /// <summary>What contradicts an earlier word, which stays; null where nothing does.</summary>
    public string? Warning { get; init; }

    /// <summary>When the trial is given to another, unless something more is told of it; null where it is not held.</summary>
    public DateTimeOffset? LeaseUntil { get; init; }
}

/// <summary>What to do now.</summary>
public enum TellVerdict
{
    /// <summary>The work goes on.</summary>
    GoOn,

    /// <summary>The step to go to is reached: save, tell that it is done, and ask for another trial.</summary>
    Rest,

    /// <summary>The trial needs nothing more: ask for another.</summary>
    Stop,

    /// <summary>The attempt is over, for its lease ran out: nothing that is said of it counts. Ask for another trial.</summary>
    Fenced,
}
