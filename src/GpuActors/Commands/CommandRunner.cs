using Experiments.Trials;
using GpuActors.Workers;

namespace GpuActors.Commands;

/// <summary>Runs programs as trials. It outlives them: a trial costs the start of its program and nothing else.</summary>
/// <param name="dataFolder">The data folder, absolute.</param>
/// <param name="device">Name of the worker's device.</param>
/// <param name="time">The clock.</param>
internal sealed class CommandRunner(string dataFolder, string device, TimeProvider time) : ITrialRunner
{
    private readonly ProcessGroupWatcher _watcher = new();
    private ProcessGroupRecord? _record;

    /// <summary>There is nothing to load.</summary>
    public void WarmUp()
    {
    }

    /// <inheritdoc/>
    public AttemptOutcome Run(Assignment assignment, IAttemptObserver observer, StopWishes stop)
    {
        var fromStep = assignment.ResumeFrom?.Step ?? 0;
        observer.Started(fromStep, warning: null);
        stop.Save.ThrowIfCancellationRequested();
        stop.Now.ThrowIfCancellationRequested();

        var trial = new CommandTrial(assignment, dataFolder, device);
        trial.Prepare();
        _record ??= new ProcessGroupRecord(dataFolder);
        var mark = _record.NextMark;
        _watcher.Expect(mark);
        using var group = ProcessGroup.Start(trial.Arguments, trial.Spec.Directory, trial.Environment, mark);
        try
        {
            _watcher.Watch(group);
            _record.Add(group.Leader);
            return new CommandRun(trial, group, observer, fromStep, assignment.RestAt, time).Run(stop);
        }
        finally
        {
            group.Kill();
            _watcher.Forget(_record.NextMark);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _watcher.Forget();
        _watcher.Dispose();
        _record?.Dispose();
    }
}
