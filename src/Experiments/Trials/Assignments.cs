using Experiments.Schedulers;
using Experiments.Sweeps;

namespace Experiments.Trials;

/// <summary>What a worker is told to begin with, put together from the sweep as it stands.</summary>
internal static class Assignments
{
    public static Assignment Of(SweepState state, Trial trial, ITrialScheduler scheduler)
    {
        var spec = state.Spec!;
        var train = trial.Work as TrialWork.Train;
        var block = train is null ? null : spec.Tasks[train.Block];
        var entry = block?.Methods.First(method => method.Name == train!.Entry);
        var isScheduled = state.IsScheduled(trial.Id);
        return new Assignment(
            spec.Name, trial.Lease!.Attempt, trial.Work, block, entry?.Method, trial.Checkpoint,
            [.. isScheduled ? scheduler.RungsOf(trial.Id).Where(rung => !trial.MeasuredAt.Contains(rung)) : []],
            isScheduled ? scheduler.RestsAt(trial.Id) : null,
            entry?.Experts is { } experts ? Artefacts(state, trial, experts) : [],
            trial.FirstAttempt,
            KeepsCopies: isScheduled && scheduler.TrainsPopulations);
    }

    private static EquatableArray<string> Artefacts(SweepState state, Trial trial, string experts) =>
    [
        .. trial.Needs.Select(need => state.Find(need)!)
            .Where(need => need.Work is TrialWork.Train train && train.Entry == experts)
            .OrderBy(need => need.Id)
            .Select(need => need.Artefact)
            .OfType<string>(),
    ];
}
