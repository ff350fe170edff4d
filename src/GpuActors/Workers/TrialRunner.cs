using Adapters.Checkpoints;
using Adapters.Methods;
using Adapters.Pretraining;
using Adapters.Runtime;
using Adapters.Training;
using Experiments.Trials;
using GpuActors.Commands;
using GpuActors.Protocol;

namespace GpuActors.Workers;

/// <summary>The bridge to the training: makes plans and places of assignments, and reports of what the trainer tells. What is
/// no training, but a program, goes to the <see cref="CommandRunner"/>.</summary>
public sealed class TrialRunner : ITrialRunner
{
    private readonly string _dataFolder;
    private readonly ComputeDevice _device;
    private readonly CommandRunner _commands;

    /// <param name="dataFolder">The data folder.</param>
    /// <param name="device">What it trains on.</param>
    public TrialRunner(string dataFolder, ComputeDevice device)
    {
        (_dataFolder, _device) = (Path.GetFullPath(dataFolder), device);
        _commands = new CommandRunner(_dataFolder, device.Name, TimeProvider.System);
    }

    /// <inheritdoc/>
    public void WarmUp() => TorchRuntime.Initialize(_device.Threads);

    /// <inheritdoc/>
    public AttemptOutcome Run(Assignment assignment, IAttemptObserver observer, StopWishes stop)
    {
        if (assignment.Block?.Command is not null)
            return _commands.Run(assignment, observer, stop);

        TorchRuntime.Initialize(_device.Threads);
        var (resume, fault) = UsableCheckpoint(assignment);
        observer.Started(resume?.Step ?? 0, fault);

        var places = new TrainingPlaces
        {
            Cache = Path.Combine(_dataFolder, "cache"),
            Folder = Path.Combine(_dataFolder, TrialFolders.Of(assignment.Sweep, assignment.Attempt)),
            Attempt = assignment.Attempt.Number,
            Device = _device.TorchName,
            ResumeFrom = resume is null ? null : PathOf(resume.Folder),
            MeasureAt = assignment.MeasureAt,
            RestAt = assignment.RestAt,
        };
        using var stopped = CancellationTokenSource.CreateLinkedTokenSource(stop.Save, stop.Now);
        var told = new Observer(this, observer, stop.Now);
        return assignment.Work switch
        {
            TrialWork.Prepare prepare => Prepare(prepare.Preparation, places, told, stopped.Token),
            TrialWork.Train train => Train(assignment, train, places, told, stopped.Token),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _commands.Dispose();

    private AttemptOutcome.Finished Prepare(string preparation, TrainingPlaces places, Observer observer, CancellationToken stop)
    {
        var result = Preparations.Run(preparation, places, observer, stop);
        return new(new TrialResult { Metrics = Metrics.Sorted(result.Metrics), Artefact = RelativeOf(result.Folder) });
    }

    private AttemptOutcome Train(
        Assignment assignment, TrialWork.Train train, TrainingPlaces places, Observer observer, CancellationToken stop)
    {
        var plan = TrainingPlans.Of(assignment, train, PathOf);
        MakeAgain(plan, places, observer, stop);
        if (TrialTraining.Run(plan, places, observer, stop) is not { } result)
            return new AttemptOutcome.Rested(assignment.RestAt!.Value); // it rests nowhere else

        return new AttemptOutcome.Finished(new TrialResult
        {
            Metrics = Metrics.Sorted(result.Metrics),
            Steps = result.Steps,
            TrainableParameters = result.TrainableParameters,
            TotalParameters = result.TotalParameters,
            PeakMemoryBytes = result.PeakMemoryBytes,
            Artefact = result.AdapterFolder is { } folder ? RelativeOf(folder) : null,
        });
    }

    /// <summary>Makes what the sweep had prepared and is gone: caches are cleared, and a newer version of the program may look for
    /// another one. At once where all is there.</summary>
    private static void MakeAgain(TrainingPlan plan, TrainingPlaces places, ITrainingObserver observer, CancellationToken stop)
    {
        var apart = places with { Folder = Path.Combine(places.Folder, "prepared"), ResumeFrom = null, MeasureAt = [], RestAt = null };
        foreach (var (id, _) in Preparations.Of(plan.Task, plan.Size, plan.Base))
            Preparations.Run(id, apart, new ProgressAlone(observer), stop);
    }

    /// <summary>The checkpoint to go on from, if it is there and whole. Otherwise the attempt begins at the start: the same steps
    /// give the same values again.</summary>
    /// <exception cref="IOException">When it is not, and the trial took over what another had trained at the start.</exception>
    private (CheckpointRecord? Checkpoint, string? Fault) UsableCheckpoint(Assignment assignment)
    {
        if (assignment.ResumeFrom is not { } recorded)
            return (null, null);

        try
        {
            TrainingCheckpoint.Check(PathOf(recorded.Folder));
            return (recorded, null);
        }
        catch (AdapterException fault) when (assignment.FirstAttempt > 1)
        {
            throw new IOException($"It took another trial's training over and cannot begin at the start. {fault.Message}", fault);
        }
        catch (AdapterException fault)
        {
            return (null, $"It begins at the start. {fault.Message}");
        }
    }

    private string PathOf(string folder) => Path.Combine(_dataFolder, folder);

    private string RelativeOf(string folder) => Path.GetRelativePath(_dataFolder, folder);

    /// <summary>Whoever waits sees that something is done; what it measures and saves is not the trial's.</summary>
    private sealed class ProgressAlone(ITrainingObserver observer) : ITrainingObserver
    {
        public void Measured(int step, IReadOnlyDictionary<string, double> metrics)
        {
        }

        public void CheckpointSaved(CheckpointReference checkpoint)
        {
        }

        public void Progressed(int step, int steps, string phase) => observer.Progressed(step, steps, phase);
    }

    private sealed class Observer(TrialRunner runner, IAttemptObserver observer, CancellationToken discarded) : ITrainingObserver
    {
        public void Measured(int step, IReadOnlyDictionary<string, double> metrics) => observer.Measured(step, metrics);

        /// <summary>What is saved on the way out of an attempt that was stopped at once is nobody's.</summary>
        public void CheckpointSaved(CheckpointReference checkpoint)
        {
            if (discarded.IsCancellationRequested)
                Directory.Delete(checkpoint.Folder, recursive: true);
            else
                observer.Saved(checkpoint.Step, runner.RelativeOf(checkpoint.Folder), checkpoint.Bytes);
        }

        public void Progressed(int step, int steps, string phase) => observer.Progressed(new Progress(step, steps, phase));
    }
}
