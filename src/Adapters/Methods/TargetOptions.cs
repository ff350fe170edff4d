using System.ComponentModel.DataAnnotations;
using Adapters.Options;

namespace Adapters.Methods;

/// <summary>The options of every method that adapts layers one by one: which of them, and what of the base is trained along.</summary>
public abstract record TargetOptions
{
    /// <summary>
    /// Layers to adapt, by name or dotted end of it, or all-linear; the method's default for the base where absent. Of a layer that
    /// fuses several, as SAM's qkv, parts can be named alone: q, v.
    /// </summary>
    public IReadOnlyList<string>? TargetModules { get; init; }

    /// <summary>Layers to adapt instead, as a regular expression of their whole name.</summary>
    public string? TargetPattern { get; init; }

    /// <summary>Layers that are left out all the same, by name or dotted end of it.</summary>
    public IReadOnlyList<string>? ExcludeModules { get; init; }

    /// <summary>Layers that are left out, as a regular expression of their whole name.</summary>
    public string? ExcludePattern { get; init; }

    /// <summary>Only layers within these blocks, by their numbers from 0.</summary>
    [Range(0, 100_000), PeftField("layers_to_transform")]
    public IReadOnlyList<int>? LayersToTransform { get; init; }

    /// <summary>Names of the lists whose numbers layers_to_transform means; the first number in a name where absent.</summary>
    [PeftField("layers_pattern")]
    public IReadOnlyList<string>? LayersPattern { get; init; }

    /// <summary>Modules of the base that are trained whole and saved along, by name or dotted end of it.</summary>
    public IReadOnlyList<string>? ModulesToSave { get; init; }

    /// <summary>Which biases of the base are trained along.</summary>
    [PeftField("bias")]
    public BiasTraining Bias { get; init; }

    /// <summary>
    /// Attention while training: in full, or in groups of positions, of which half of the heads have theirs shifted by half a group
    /// (LongLoRA): split cuts shifted groups at the ends, wrap carries them around, so that early positions see the end.
    /// </summary>
    public TrainingAttention Attention { get; init; }

    /// <summary>Positions in such a group, even; a quarter of the target length where absent.</summary>
    [Range(2, 1_000_000)]
    public int? Group { get; init; }

    /// <summary>Whether positions of a causal base are interpolated to the target length.</summary>
    public bool InterpolatePositions { get; init; }

    /// <summary>Whether the norms are trained along; of a base that sees and reads, those that it reads with.</summary>
    public bool TrainNorms { get; init; }

    /// <summary>Whether the embeddings are trained along, likewise.</summary>
    public bool TrainEmbeddings { get; init; }
}
