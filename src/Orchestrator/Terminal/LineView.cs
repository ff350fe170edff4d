using Experiments.Reports;
using Experiments.Storage;
using Experiments.Trials;

namespace Orchestrator.Terminal;

/// <summary>For logs and pipes: one line a change of state, without escapes.</summary>
internal sealed class LineView(TextWriter output) : ISweepView
{
    private readonly Lock _lock = new();
    private readonly SweepProgress _progress = new();

    public void Apply(RecordedEvent recorded, bool live)
    {
        lock (_lock)
        {
            _progress.Apply(recorded, live);
            if (live && Line(recorded) is { } line)
                output.WriteLine($"{recorded.Time.ToLocalTime():HH:mm:ss} {line}");
        }
    }

    public void Tick(AttemptId attempt, int step, int steps, string phase)
    {
    }

    public void Trouble(string? reason)
    {
        lock (_lock)
            output.WriteLine(reason is null ? "recording goes on" : $"nothing can be recorded: {reason}");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private string? Line(RecordedEvent recorded) => recorded.Event switch
    {
        SweepEvent.SweepStarted => $"sweep {recorded.Sweep} started",
        SweepEvent.HistoryImported imported => string.Join('\n', imported.Histories.Select(EarlierSweeps.Say)),
        SweepEvent.SweepPaused paused => $"sweep {recorded.Sweep} paused: {paused.Reason}",
        SweepEvent.SweepResumed => $"sweep {recorded.Sweep} resumed",
        SweepEvent.SweepEnded ended => $"sweep {recorded.Sweep} ended: {ended.Reason}",
        SweepEvent.TrialLeased leased => $"{Name(leased.Attempt.Trial)} starts on {leased.Device} of {leased.Node}{Again(leased.Attempt)}",
        SweepEvent.AttemptStarted { Warning: { } warning } started => $"{Name(started.Attempt.Trial)}: {warning}",
        SweepEvent.AttemptEnded { Outcome: AttemptOutcome.Failed failed } ended =>
            $"{Name(ended.Attempt.Trial)} attempt {ended.Attempt.Number} failed, {SnakeCase.Of(failed.Cause)}: {failed.Message}",
        SweepEvent.AttemptEnded { Outcome: AttemptOutcome.Rested rested } ended =>
            $"{Name(ended.Attempt.Trial)} rests at step {rested.Step}{Score(ended.Attempt.Trial)}",
        SweepEvent.TrialExploited exploited =>
            $"{Name(exploited.Trial)} goes on from {exploited.Donor} at step {exploited.Checkpoint.Step}",
        SweepEvent.TrialPromoted promoted => $"{Name(promoted.Trial)} is promoted",
        SweepEvent.TrialEnded ended => Ended(ended),
        _ => null,
    };

    private string Ended(SweepEvent.TrialEnded ended)
    {
        var trial = _progress.Trial(ended.Trial);
        return $"{Name(ended.Trial)} {ended.State.ToString().ToLowerInvariant()} after {SweepScreen.Duration(trial.Elapsed)}"
            + $"{Score(ended.Trial)}  ({_progress.Ended} of {_progress.Total})";
    }

    /// <summary>The newest value of the task's metric, where there is one.</summary>
    private string Score(TrialId id)
    {
        var trial = _progress.Trial(id);
        var block = trial.Work is TrialWork.Train train ? _progress.Spec!.Tasks[train.Block] : null;
        var value = (trial.Result is { } result ? block?.ValueOf(result.Metrics) : null) ?? block?.ValueOf(trial.Latest);
        return value is { } known ? $", {block!.Metric} {known:0.000}" : "";
    }

    private string Name(TrialId id)
    {
        var (task, method) = SweepScreen.Names(_progress, _progress.Trial(id));
        return $"{id} {task} {method}";
    }

    private static string Again(AttemptId attempt) => attempt.Number > 1 ? $", attempt {attempt.Number}" : "";
}
