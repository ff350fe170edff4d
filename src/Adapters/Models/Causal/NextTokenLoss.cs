using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Causal;

/// <summary>Cross-entropy of each position's logits against the next position's label.</summary>
internal static class NextTokenLoss
{
    /// <summary>The label that does not count.</summary>
    public const long Ignored = -100;

    /// <summary>The mean over the labels that count.</summary>
    /// <param name="hidden"><c>[batch, seq, hidden]</c></param>
    /// <param name="head">The output layer.</param>
    /// <param name="labels"><c>[batch, seq]</c></param>
    public static Tensor Mean(Tensor hidden, LinearSite head, Tensor labels)
    {
        using var scope = NewDisposeScope();
        var (rows, targets) = (hidden.reshape(-1, hidden.shape[^1]), Shifted(labels).reshape(-1));
        // On a GPU the gradients would be made on a thread without dispose scopes, and there memory is not the limit.
        var plain = head.Adapters.Count == 0 && head.Bias is null && hidden.device.type == DeviceType.CPU && hidden.dtype == float32;
        var mean = plain
            ? ChunkedCrossEntropy.Mean(rows, head.Weight, targets)
            : functional.cross_entropy(head.call(rows).to(float32), targets, ignore_index: Ignored);
        return mean.MoveToOuterDisposeScope();
    }

    /// <summary>Each position's own, 0 where the label does not count.</summary>
    /// <returns><c>[batch, seq - 1]</c></returns>
    /// <inheritdoc cref="Mean"/>
    public static Tensor Each(Tensor hidden, LinearSite head, Tensor labels)
    {
        using var scope = NewDisposeScope();
        var logits = head.call(hidden.narrow(1, 0, hidden.shape[1] - 1));
        var losses = functional.cross_entropy(logits.to(float32).transpose(1, 2), labels.narrow(1, 1, labels.shape[1] - 1),
            ignore_index: Ignored, reduction: Reduction.None);
        return losses.MoveToOuterDisposeScope();
    }

    /// <summary>Labels moved one to the left, so that the logits need no copy without their last position.</summary>
    private static Tensor Shifted(Tensor labels) =>
        cat([labels.narrow(1, 1, labels.shape[1] - 1), full_like(labels.narrow(1, 0, 1), Ignored)], 1);
}
