namespace Experiments.Trials;

/// <summary>Where a trial stands, with what exists only there: only a leased trial has a lease.</summary>
internal abstract record TrialPhase
{
    private TrialPhase()
    {
    }

    /// <summary>For a device, or for other trials.</summary>
    public sealed record Waiting : TrialPhase;

    /// <summary>Not begun: its turn comes when the scheduler promotes it.</summary>
    public sealed record Held : TrialPhase;

    /// <summary>A worker has it, and has said that it began or not.</summary>
    public sealed record Leased(Lease Lease, bool Began) : TrialPhase;

    /// <summary>Holds at a checkpoint until the sweep is resumed.</summary>
    public sealed record Paused : TrialPhase;

    /// <summary>Holds at a checkpoint until the scheduler has decided.</summary>
    public sealed record Resting : TrialPhase;

    /// <summary>Its last attempt is over for good; that it has ended is to be recorded next.</summary>
    public sealed record Concluded(Conclusion Conclusion) : TrialPhase;

    /// <summary>It has ended.</summary>
    public sealed record Ended(Conclusion Conclusion) : TrialPhase
    {
        private static readonly Ended[] _common =
            [.. new[] { Conclusion.Completed, Conclusion.Pruned(null), Conclusion.Cancelled }.Select(conclusion => new Ended(conclusion))];

        /// <summary>One object for all trials that end alike: there are many, and they are kept.</summary>
        public static Ended With(Conclusion conclusion) =>
            Array.Find(_common, ended => ended.Conclusion == conclusion) ?? new Ended(conclusion);
    }
}

/// <summary>An attempt in the hands of a worker.</summary>
public sealed record Lease(AttemptId Attempt, WorkerInfo Worker);

/// <summary>How a trial ends.</summary>
internal sealed record Conclusion(TrialState State, FailureCause? Cause, string? Message)
{
    public static Conclusion Completed { get; } = new(TrialState.Completed, null, null);

    public static Conclusion Cancelled { get; } = new(TrialState.Cancelled, null, null);

    public static Conclusion Pruned(string? why) => new(TrialState.Pruned, null, why);

    public static Conclusion Of(AttemptOutcome.Failed failed) =>
        new(failed.Cause == FailureCause.Invalid ? TrialState.Invalid : TrialState.Failed, failed.Cause, failed.Message);

    public static Conclusion Needed(TrialId need, TrialState state)
    {
        var fate = state == TrialState.Failed ? "failed" : $"is {state.ToString().ToLowerInvariant()}";
        return new(TrialState.Failed, FailureCause.Dependency, $"It needs {need}, which {fate}.");
    }
}
