using System.ComponentModel.DataAnnotations;
using Adapters.Options;

namespace Adapters.Training;

/// <summary>What a sweep can set or search about the training itself.</summary>
public sealed record TrainingOptions
{
    /// <summary>Optimizer steps of a full trial.</summary>
    [Range(0, 100_000_000)]
    public int Steps { get; init; } = 100;

    /// <summary>Samples in a batch.</summary>
    [Range(1, 1_000_000)]
    public int BatchSize { get; init; } = 8;

    /// <summary>Batches whose gradients are averaged for one step.</summary>
    [Range(1, 1_000_000)]
    public int Accumulation { get; init; } = 1;

    /// <summary>Peak learning rate.</summary>
    [Range(0.0, 1e3), Mutable]
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>
    /// Learning rate of the factors B over that of all else, where a method has such factors: LoRA+ (Hayou et al. 2024,
    /// arXiv:2402.12354, which advises about 16).
    /// </summary>
    [Range(0.0, 1e4), Mutable]
    public double LoraPlusRatio { get; init; } = 1;

    /// <summary>Update rule.</summary>
    [AllowedValues("adamw", "sgd")]
    public string Optimizer { get; init; } = "adamw";

    /// <summary>Decoupled weight decay; not applied to norms, biases and other vectors.</summary>
    [Range(0.0, 1e3), Mutable]
    public double WeightDecay { get; init; }

    /// <summary>AdamW's decay of the first moment.</summary>
    [Range(0.0, 0.9999999), Mutable]
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW's decay of the second moment.</summary>
    [Range(0.0, 0.9999999), Mutable]
    public double Beta2 { get; init; } = 0.999;

    /// <summary>SGD's momentum.</summary>
    [Range(0.0, 0.9999999), Mutable]
    public double Momentum { get; init; }

    /// <summary>How the rate falls after the warm-up.</summary>
    [AllowedValues("cosine", "linear", "constant")]
    public string Schedule { get; init; } = "cosine";

    /// <summary>Share of the steps over which the rate rises from zero.</summary>
    [Range(0.0, 1.0)]
    public double Warmup { get; init; } = 0.05;

    /// <summary>Share of the peak that the rate falls towards.</summary>
    [Range(0.0, 1.0), Mutable]
    public double FinalRate { get; init; }

    /// <summary>Gradients are scaled down to this global norm; 0 leaves them.</summary>
    [Range(0.0, 1e9), Mutable]
    public double ClipNorm { get; init; } = 1;

    /// <summary>Steps between two evaluations on validation data; 0 evaluates at the end only.</summary>
    [Range(0, 100_000_000)]
    public int EvaluateEvery { get; init; }

    /// <summary>Steps between two reports of the training loss.</summary>
    [Range(1, 100_000_000)]
    public int ReportEvery { get; init; } = 10;

    /// <summary>Steps between two checkpoints; 0 keeps none but on request.</summary>
    [Range(0, 100_000_000)]
    public int CheckpointEvery { get; init; } = 50;
}
