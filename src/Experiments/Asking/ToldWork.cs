using System.Collections.Immutable;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Asking;

/// <summary>What somebody who holds a trial tells of it, as the reports that a worker would make.</summary>
/// <param name="request">What is told.</param>
/// <param name="trial">The trial, as it stands.</param>
/// <param name="block">Its block.</param>
/// <param name="assignment">What was asked of whoever holds it.</param>
/// <param name="checkpoints">Folder for its checkpoints, relative to the data folder.</param>
internal sealed class ToldWork(TellRequest request, Trial trial, TaskBlock block, Assignment assignment, string checkpoints)
{
    private readonly bool _hasBegun = trial.State == TrialState.Running;
    private readonly int _begunAt = trial.Checkpoint?.Step ?? 0;

    /// <summary>The step that is told of.</summary>
    private int Step => request.Step ?? (request.Values.IsEmpty ? LastStep : LastStep + 1);

    private int LastStep { get; } = trial.State == TrialState.Running ? trial.Step : trial.Checkpoint?.Step ?? 0;

    /// <summary>The rung that is reached with this; null for none.</summary>
    private int? Rung => Step >= assignment.RestAt ? assignment.RestAt : null;

    /// <summary>The step of another checkpoint that the folder is for, where it may not take a second one; null for none.</summary>
    private int? Taken => request.Checkpoint is not { Folder: var folder } || !assignment.KeepsCopies ? null
        : folder == checkpoints && Step < assignment.RunTo ? assignment.RunTo
        : folder == trial.Checkpoint?.Folder && SavedStep != trial.Checkpoint.Step ? trial.Checkpoint.Step
        : null;

    /// <summary>Why it cannot be taken, as a sentence; null where it can.</summary>
    public string? Mistake
    {
        get
        {
            var steps = ((TrialWork.Train)trial.Work).Configuration.Steps;
            if (request.Step < 0 || request.Step > steps)
                return $"There is no step {request.Step}: {trial.Id} goes from 0 to {steps?.ToString() ?? "wherever it ends"}.";
            if (request.Values.ContainsKey(""))
                return "A value must have a name.";
            if (request.Checkpoint is not null && SavedStep < trial.Checkpoint?.Step)
                return $"A checkpoint of step {SavedStep} comes after that of step {trial.Checkpoint.Step}.";
            if (Taken is { } taken)
            {
                return $"A checkpoint of step {SavedStep} needs a folder of its own, and this one is that of step {taken}: "
                    + "another trial may go on from what is told, so it must not change.";
            }

            if (request.End != TellEnd.Done || request.Values.Values.Any(value => !double.IsFinite(value)) || HasMetric)
                return null;
            var known = trial.Values.Last().Keys.Union(request.Values.Keys).Where(name => name != block.Metric);
            return $"{trial.Id} cannot be done: '{block.Metric}'{(Rung is { } rung ? $" at step {rung}" : "")} was never told."
                + NearestName.Question(block.Metric, known);
        }
    }

    /// <summary>The reports, in order. Each is made when those before it are taken in.</summary>
    /// <param name="elapsed">How long the attempt has been held.</param>
    public IEnumerable<Report> Reports(TimeSpan elapsed)
    {
        var (step, rung, saved) = (Step, Rung, SavedStep);
        if (!_hasBegun)
            yield return new Report.Started(ProcessId: 0, _begunAt);
        if (!request.Values.IsEmpty || (request.Checkpoint is null && request.End == TellEnd.None))
            yield return new Report.Measured(step, request.Values); // without values: it renews the lease
        if (request.Values.FirstOrDefault(pair => !double.IsFinite(pair.Value)) is { Key: { } name } bad)
        {
            var outcome = new AttemptOutcome.Failed(FailureCause.Nan, $"'{name}' became {bad.Value} at step {step}.", step);
            yield return new Report.Ended(outcome, elapsed);
            yield break;
        }

        if (request.Checkpoint is { } checkpoint)
            yield return new Report.Saved(saved, checkpoint.Folder, checkpoint.Bytes);
        if (End(step, rung) is not { } end)
            yield break;
        if (end is AttemptOutcome.Rested rested && !trial.CanRestAt(rested.Step))
            yield return new Report.Saved(rested.Step, checkpoints, Bytes: 0); // what is in it only the asker knows
        yield return new Report.Ended(end, elapsed);
    }

    /// <summary>The step that a checkpoint counts as. It may be of a later one, which nobody but the asker needs to know: the trial
    /// rests at its rung.</summary>
    private int SavedStep => Rung ?? Step;

    private bool HasMetric => block.ValueOf(request.Values) is not null
        || (Rung is { } rung ? trial.MeasuredAt.Any(step => step >= rung) : block.ValueOf(trial.Values.Last()) is not null);

    private AttemptOutcome? End(int step, int? rung) => request.End switch
    {
        TellEnd.None => null,
        TellEnd.Failed => new AttemptOutcome.Failed(FailureCause.Error, request.Message ?? "It failed.", step),
        TellEnd.Done or TellEnd.Paused when rung is { } rest && trial.MeasuredAt.Any(at => at >= rest) => new AttemptOutcome.Rested(rest),
        TellEnd.Paused => new AttemptOutcome.Paused(trial.Checkpoint?.Step ?? 0),
        TellEnd.Done => new AttemptOutcome.Finished(new TrialResult { Metrics = Final(), Steps = step }),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>What the trial is worth: the last value of each name or, where the best counts, those that were told by then.</summary>
    private ImmutableSortedDictionary<string, double> Final()
    {
        if (block.External is not { TakesBest: true })
            return trial.Values.Last();

        var best = trial.Values.Steps
            .Select(step => (Step: step, Value: block.ValueOf(trial.Values.At(step))))
            .Where(point => point.Value is not null)
            .MinBy(point => block.Maximize ? -point.Value : point.Value);
        return trial.Values.Last(upTo: best.Step);
    }
}
