using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Tasks.Vision;

/// <summary>Losses of predicted masks; each is the mean over the images of a batch.</summary>
internal static class MaskLoss
{
    private const int Neighbourhood = 31;

    /// <summary>Binary cross-entropy plus one minus the soft Dice coefficient.</summary>
    /// <param name="logits"><c>[batch, height, width]</c></param>
    /// <param name="masks">1 inside, else 0, <c>[batch, height, width]</c>.</param>
    public static Tensor CrossEntropyAndDice(Tensor logits, Tensor masks)
    {
        using var scope = NewDisposeScope();
        var probability = logits.sigmoid();
        var common = (probability * masks).sum([1, 2]);
        var dice = (2 * common + 1) / (probability.sum([1, 2]) + masks.sum([1, 2]) + 1);
        return (functional.binary_cross_entropy_with_logits(logits, masks) + (1 - dice).mean()).MoveToOuterDisposeScope();
    }

    /// <summary>Cross-entropy and one minus the soft Jaccard index, both with more weight where the mask changes nearby.</summary>
    /// <remarks>Wei, Wang and Huang 2019, arXiv:1911.11445, as Conv-LoRA's experiments use it.</remarks>
    /// <inheritdoc cref="CrossEntropyAndDice"/>
    public static Tensor Structure(Tensor logits, Tensor masks)
    {
        using var scope = NewDisposeScope();
        var local = functional.avg_pool2d(masks.unsqueeze(1), Neighbourhood, stride: 1, padding: Neighbourhood / 2).squeeze(1);
        var weight = 1 + 5 * (local - masks).abs();
        var entropy = functional.binary_cross_entropy_with_logits(logits, masks, reduction: Reduction.None);
        var weighted = (weight * entropy).sum([1, 2]) / weight.sum([1, 2]);
        var probability = logits.sigmoid();
        var common = (probability * masks * weight).sum([1, 2]);
        var either = ((probability + masks) * weight).sum([1, 2]) - common;
        return (weighted + 1 - (common + 1) / (either + 1)).mean().MoveToOuterDisposeScope();
    }
}
