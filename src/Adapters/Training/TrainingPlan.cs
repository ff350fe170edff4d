using System.Text.Json.Nodes;

namespace Adapters.Training;

/// <summary>All that determines a training but the machine: equal plans give equal bits on one kind of CPU.</summary>
public sealed record TrainingPlan
{
    /// <summary>The task's registered name.</summary>
    public required string Task { get; init; }

    /// <summary>The task's size: <c>smoke</c>, <c>quickstart</c>, …</summary>
    public required string Size { get; init; }

    /// <summary>Options of the task by snake-case name; absent ones take the size's defaults.</summary>
    public JsonObject TaskOptions { get; init; } = [];

    /// <summary>Name of a base that the product makes itself, or the path of a Hugging Face folder.</summary>
    public required string Base { get; init; }

    /// <summary>The method's registered name.</summary>
    public required string Method { get; init; }

    /// <summary>Options of the method by snake-case name.</summary>
    public JsonObject MethodOptions { get; init; } = [];

    /// <summary>Options of the trainer (<see cref="TrainingOptions"/>) by snake-case name; absent ones take the defaults.</summary>
    public JsonObject TrainingOptions { get; init; } = [];

    /// <summary>Seed of initialisation, data order, dropout and noise.</summary>
    public ulong Seed { get; init; }

    /// <summary>Folders of trained adapters that the method composes.</summary>
    public IReadOnlyList<string> Experts { get; init; } = [];
}

/// <summary>Where a training reads and writes.</summary>
public sealed record TrainingPlaces
{
    /// <summary>Bases and data that trials share, by hash.</summary>
    public required string Cache { get; init; }

    /// <summary>This attempt's own folder: checkpoints beneath <c>checkpoints/</c>, the trained adapter in <c>adapter/</c>.</summary>
    public required string Folder { get; init; }

    /// <summary>The attempt's number, from 1; checkpoints carry it in their names.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>Where tensors lie, as Torch names it: <c>cpu</c>, <c>cuda:0</c>.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>A checkpoint folder to go on from, or null to begin.</summary>
    public string? ResumeFrom { get; init; }

    /// <summary>Steps after which it is measured on validation data, beside the evaluations of its own interval.</summary>
    public IReadOnlyCollection<int> MeasureAt { get; init; } = [];

    /// <summary>The step after which it is measured, saves a checkpoint and rests, to be gone on with at another time; null
    /// for its end.</summary>
    public int? RestAt { get; init; }
}

/// <summary>Is told what happens in a training, on the training thread, in order. Must return quickly.</summary>
public interface ITrainingObserver
{
    /// <summary>Metrics of a step: <c>train_loss</c>, or <c>validation_…</c> at an evaluation.</summary>
    void Measured(int step, IReadOnlyDictionary<string, double> metrics);

    /// <summary>A checkpoint lies whole on disk.</summary>
    void CheckpointSaved(CheckpointReference checkpoint);

    /// <summary>How far the work has come, for progress bars; may be dropped.</summary>
    void Progressed(int step, int steps, string phase);
}

/// <summary>A checkpoint on disk: its step, folder and size.</summary>
public sealed record CheckpointReference(int Step, string Folder, long Bytes);

/// <summary>What a finished training leaves.</summary>
public sealed record TrainingResult
{
    /// <summary>Metrics by name, with the prefix <c>validation_</c> or <c>test_</c>.</summary>
    public required IReadOnlyDictionary<string, double> Metrics { get; init; }

    /// <summary>Steps that were made in all, over every attempt.</summary>
    public required int Steps { get; init; }

    /// <summary>Parameters that were trained.</summary>
    public required long TrainableParameters { get; init; }

    /// <summary>Parameters of base and adapter together.</summary>
    public required long TotalParameters { get; init; }

    /// <summary>Highest resident memory of the process (CPU) or allocated device memory (GPU) seen while training, in bytes.</summary>
    public required long PeakMemoryBytes { get; init; }

    /// <summary>Folder of the trained adapter, as PEFT lays it out; null where there is none.</summary>
    public string? AdapterFolder { get; init; }
}

/// <summary>The loss or a gradient is not finite, so going on is pointless.</summary>
/// <param name="step">The step, from 1.</param>
/// <param name="quantity">What is not finite: <c>loss</c>.</param>
/// <param name="value">What it became.</param>
public sealed class DivergedException(int step, string quantity, double value)
    : Exception($"The {quantity} became {value} at step {step}. Lower the learning rate, or clip gradients.")
{
    /// <summary>The step, from 1.</summary>
    public int Step { get; } = step;
}
