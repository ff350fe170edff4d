namespace Experiments.Trials;

/// <summary>An answer of the ledger: what is to be recorded, and what is to be done once that is durable.</summary>
public sealed record LedgerStep(IReadOnlyList<SweepEvent> Events, IReadOnlyList<LedgerEffect> Effects)
{
    /// <summary>Answers in their order, as one: to be recorded together.</summary>
    public static LedgerStep Joined(IEnumerable<LedgerStep> steps)
    {
        var all = steps.ToList();
        return new LedgerStep([.. all.SelectMany(step => step.Events)], [.. all.SelectMany(step => step.Effects)]);
    }
}

/// <summary>A trial as the ledger knows it.</summary>
/// <param name="Trial">The trial.</param>
/// <param name="Work">What it does.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Attempt">Number of its newest attempt, 0 before the first.</param>
/// <param name="Step">The last step that it reported.</param>
/// <param name="Lease">Who holds it; null where nobody does.</param>
/// <param name="Waits">Why it does not go on; null unless it waits or is paused.</param>
public sealed record TrialStatus(TrialId Trial, TrialWork Work, TrialState State, int Attempt, int Step, Lease? Lease, WaitReason? Waits);
