using static TorchSharp.torch;

namespace Adapters.Models.Causal;

/// <summary>Greedy decoding over whatever gives the next token's logits.</summary>
/// <param name="next">
/// Of all tokens so far <c>[batch, seq]</c>, and of which of them are real, the logits behind them <c>[batch, vocabulary]</c>.
/// </param>
/// <param name="end">The token that ends a text, or null.</param>
internal sealed class GreedyGeneration(Func<Tensor, Tensor?, Tensor> next, long? end)
{
    public Tensor Continue(Tensor prompt, int count, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        var all = prompt;
        var ended = zeros(prompt.shape[0], 1, dtype: @bool, device: prompt.device);
        for (var step = 0; step < count; step++)
        {
            using var inner = NewDisposeScope();
            var tokens = next(all, mask).argmax(1, keepdim: true); // [batch, 1]
            if (end is { } token)
            {
                tokens = tokens.masked_fill(ended, token);
                ended = (ended | (tokens == token)).MoveToOuterDisposeScope();
            }
            mask = mask is null ? null : cat([mask, ones_like(tokens, dtype: mask.dtype)], 1).MoveToOuterDisposeScope();
            all = cat([all, tokens], 1).MoveToOuterDisposeScope();
            if (end is not null && ended.all().item<bool>())
                break;
        }
        return (all.Equals(prompt) ? prompt.alias() : all).MoveToOuterDisposeScope();
    }
}
