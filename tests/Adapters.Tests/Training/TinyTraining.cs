using Adapters.Models;
using Adapters.Checkpoints;
using Adapters.Mechanisms;
using Adapters.Methods;
using Adapters.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Tests.Training;

/// <summary>A training of <see cref="TinyModel"/> on <see cref="SineTask"/> that remembers what it was told.</summary>
internal sealed class TinyTraining : ITrainingObserver, IDisposable
{
    private readonly TinyModel _model;
    private readonly Adapter _adapter;

    public TinyTraining(string folder, TrainingOptions options, double dropout = 0.3)
    {
        Folder = folder;
        Options = options;
        _model = new TinyModel(dropout);
        var scaled = new ScaledOutput(_model.Sites["first"]);
        _model.Sites["first"].Put(scaled);
        _adapter = new Adapter
        {
            Model = _model,
            Method = "scaled",
            Sites = new Dictionary<string, SiteAdapter> { ["first"] = scaled },
            Trainable = [("scale", scaled.Scale), ("second.weight", _model.ParameterOf("second.weight"))],
            Config = [],
            AuxiliaryLoss = () =>
            {
                AuxiliaryLosses++;
                return 0.01 * scaled.Scale.square().sum();
            },
        };
    }

    public string Folder { get; }

    public TrainingOptions Options { get; }

    public ulong Seed { get; init; } = 5;

    public SineTask Task { get; init; } = new();

    /// <summary>The step after which the training is told to stop.</summary>
    public int? StopAfter { get; init; }

    /// <summary>The evaluation, by step, in which the training is told to stop.</summary>
    public CancellationTokenSource Stop { get; } = new();

    public SortedDictionary<(int Step, string Metric), double> Measurements { get; } = [];

    public List<CheckpointReference> Checkpoints { get; } = [];

    public Adapter Adapter => _adapter;

    /// <summary>How often the method's own term was asked for.</summary>
    public int AuxiliaryLosses { get; private set; }

    public TrainingResult Run(string? resumeFrom = null, int attempt = 1) => new Trainer(_adapter, Task, Options, Seed).Run(
        new TrainingPlaces { Cache = Folder, Folder = Folder, Attempt = attempt, ResumeFrom = resumeFrom }, this, Stop.Token)!;

    /// <summary>The bits of all that was trained.</summary>
    public byte[] Weights() => [.. _adapter.Trainable.SelectMany(pair => pair.Parameter.bytes.ToArray())];

    public void Measured(int step, IReadOnlyDictionary<string, double> metrics)
    {
        foreach (var (name, value) in metrics)
            Measurements.Add((step, name), value);
    }

    public void CheckpointSaved(CheckpointReference checkpoint)
    {
        TrainingCheckpoint.Check(checkpoint.Folder);
        Checkpoints.Add(checkpoint);
    }

    public void Progressed(int step, int steps, string phase)
    {
        if (phase == "training" && step == StopAfter)
            Stop.Cancel();
    }

    public void Dispose()
    {
        _adapter.Dispose();
        _model.Dispose();
        Task.Dispose();
        Stop.Dispose();
    }

    /// <summary>Multiplies each feature; draws noise while training, as methods with random gates do.</summary>
    private sealed class ScaledOutput : ParallelAdapter
    {
        public ScaledOutput(Site site) : base(site) => Scale = Own("scale", ones(site.Outputs));

        public Parameter Scale { get; }

        public override Tensor Adapt(Tensor x, Tensor y) => training ? y * Scale * (1 + (0.1 * rand_like(y))) : y * Scale;
    }
}
