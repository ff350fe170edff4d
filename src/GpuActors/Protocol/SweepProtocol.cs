using System.Collections.Immutable;
using Experiments.Asking;
using Experiments.Trials;

namespace GpuActors.Protocol;

/// <summary>What a person, by way of a command, tells and asks the coordinator.</summary>
public static class SweepProtocol
{
    // commands, each answered with Done

    /// <summary>Give no new leases; with <paramref name="StopRunning"/> running attempts save and stop.</summary>
    public sealed record Pause(string Reason, bool StopRunning);

    /// <summary>Give leases again.</summary>
    public sealed record Resume;

    /// <summary>End a trial, or all when null, for good.</summary>
    public sealed record Cancel(TrialId? Trial);

    /// <summary>Answer when no worker holds an attempt any more and all is recorded: the process may end.</summary>
    public sealed record WhenQuiet;

    /// <summary>What was asked is recorded.</summary>
    public sealed record Done;

    // for programs that nobody here runs; answered with Asked or Told, or with Refused

    /// <summary>Give me a trial.</summary>
    public sealed record Ask(AskRequest Request);

    /// <summary>Take in what I tell of a trial.</summary>
    public sealed record Tell(TellRequest Request);

    /// <summary>This is for whoever asked; it is recorded.</summary>
    public sealed record Asked(AskAnswer Answer);

    /// <summary>What was told is recorded, and this is to be done.</summary>
    public sealed record Told(TellAnswer Answer);

    /// <summary>It cannot be taken, for this reason; nothing is recorded.</summary>
    public sealed record Refused(RefusalKind Kind, string Message);

    // a question and its answer

    /// <summary>How does the sweep stand?</summary>
    public sealed record GetStatus;

    /// <summary>How the sweep stands.</summary>
    /// <param name="Sweep">Its name.</param>
    /// <param name="Term">The coordinator's term.</param>
    /// <param name="Trials">Number of trials by state.</param>
    /// <param name="Workers">The workers that are there.</param>
    /// <param name="LastEvent">Number of the newest durable event.</param>
    /// <param name="Trouble">Why nothing is being recorded, for example a full disk; null while all is well.</param>
    public sealed record Status(
        string Sweep,
        long Term,
        ImmutableSortedDictionary<TrialState, int> Trials,
        ImmutableArray<WorkerStatus> Workers,
        long LastEvent,
        string? Trouble);
}

/// <summary>A worker with what it works on.</summary>
public sealed record WorkerStatus(WorkerInfo Worker, AttemptId? Attempt, Progress? Progress);
