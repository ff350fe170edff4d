using static TorchSharp.torch;

namespace Adapters.Models.Causal;

/// <summary>What all blocks share in one forward pass.</summary>
internal sealed record ForwardPass
{
    /// <summary>The turn of each new token's heads.</summary>
    public required Rotation Rotation { get; init; }

    /// <summary>The mask of blocks without a window.</summary>
    public required AttentionMask Mask { get; init; }

    /// <summary>The mask of blocks with a window.</summary>
    public required AttentionMask WindowMask { get; init; }

    /// <summary>Index of the first block with a window.</summary>
    public required int FirstWindowedLayer { get; init; }

    /// <summary>Which tokens are real, or null when all are.</summary>
    public Tensor? Padding { get; init; }

    /// <summary>Keys and values of earlier tokens, or null.</summary>
    public KeyValueCache? Cache { get; init; }

    /// <summary>What stands in for full attention in training mode, or null.</summary>
    public ICausalAttention? TrainingAttention { get; init; }

    public AttentionMask MaskOf(int layer) => layer >= FirstWindowedLayer ? WindowMask : Mask;
}
