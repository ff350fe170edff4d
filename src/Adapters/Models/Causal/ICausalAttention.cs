using static TorchSharp.torch;

namespace Adapters.Models.Causal;

/// <summary>An attention that stands in for full causal attention while a model is trained, as LongLoRA's shifted sparse one.</summary>
public interface ICausalAttention
{
    /// <summary>Attends within the sequence; a position must not see a later one.</summary>
    /// <param name="query"><c>[batch, heads, seq, width]</c>, rotated by position, not yet scaled.</param>
    /// <param name="key"><c>[batch, heads, seq, width]</c>, rotated by position, repeated to as many heads as the query has.</param>
    /// <param name="value"><c>[batch, heads, seq, width]</c>, repeated likewise.</param>
    /// <param name="mask">Which tokens are real <c>[batch, seq]</c> (0 = padding), or null when all are.</param>
    /// <returns><c>[batch, heads, seq, width]</c></returns>
    Tensor Attend(Tensor query, Tensor key, Tensor value, Tensor? mask);
}
