using static TorchSharp.torch;

namespace Adapters.Models.Causal;

/// <summary>
/// Which keys a query sees, as the numbers that are added to the scores; no tensor where the plain causal order says it all.
/// </summary>
/// <param name="Scores">0 or the smallest number, <c>[batch or 1, 1, queries, keys]</c>; or null.</param>
/// <param name="Causal">Whether, without a tensor, each query sees the keys up to its own.</param>
/// <param name="Blind">Whether some query sees no key at all, being padding itself with nothing but padding before it.</param>
internal sealed record AttentionMask(Tensor? Scores, bool Causal, bool Blind = false)
{
    /// <summary>Makes the mask of a forward pass.</summary>
    /// <param name="seen">Tokens in the cache.</param>
    /// <param name="count">New tokens.</param>
    /// <param name="padding">Which of all tokens are real <c>[batch, seen + count]</c>, or null when all are.</param>
    /// <param name="window">How many positions a query sees, or null.</param>
    /// <param name="device">Where it is needed.</param>
    public static AttentionMask For(long seen, long count, Tensor? padding, int? window, Device device)
    {
        var keys = seen + count;
        if (padding is null && (window is null || keys <= window) && (seen == 0 || count == 1))
            return new AttentionMask(null, Causal: count > 1);

        using var scope = NewDisposeScope();
        var query = arange(seen, keys, device: device).unsqueeze(1); // [queries, 1]
        var key = arange(keys, device: device).unsqueeze(0); // [1, keys]
        var visible = key <= query;
        if (window is { } width)
            visible = visible & (key > query - width);
        visible = visible.unsqueeze(0).unsqueeze(0); // [1, 1, queries, keys]
        if (padding is not null)
            visible = visible & (padding != 0).unsqueeze(1).unsqueeze(1);

        // Not -∞: a blind query must give numbers, and gives what the reference does: the mean of all values.
        var scores = zeros(visible.shape, device: device).masked_fill(visible.logical_not(), float.MinValue);
        var blind = padding is not null && visible.any(-1).logical_not().any().item<bool>();
        return new AttentionMask(scores.MoveToOuterDisposeScope(), Causal: false, blind);
    }
}
