using Experiments.Sweeps;

namespace Experiments.Trials;

/// <summary>A part of a trial's training with one configuration: a trial that takes another's training over begins a new one.</summary>
/// <param name="FromStep">The step of the trial at which it begins.</param>
/// <param name="Donor">Whose training it takes over; null for its own beginning.</param>
/// <param name="DonorStep">The step of that training from which it goes on; 0 for its own beginning.</param>
/// <param name="Configuration">Its values.</param>
public sealed record TrialSegment(int FromStep, TrialId? Donor, int DonorStep, Configuration Configuration)
{
    /// <summary>The segments of a trial with the one that begins now.</summary>
    /// <param name="before">Those so far; none where it has never taken anything over.</param>
    /// <param name="step">The step that the trial has come to.</param>
    /// <param name="work">What it did up to now.</param>
    /// <param name="exploited">What begins.</param>
    public static EquatableArray<TrialSegment> After(
        EquatableArray<TrialSegment> before, int step, TrialWork work, SweepEvent.TrialExploited exploited) =>
    [
        .. before.Count > 0 ? before : [new TrialSegment(0, null, 0, ((TrialWork.Train)work).Configuration)],
        new TrialSegment(step, exploited.Donor, exploited.Checkpoint.Step, exploited.Configuration),
    ];
}
