using Adapters.Models.Causal;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>
/// Shifted sparse attention of which each head learns how much it shifts: <c>γ_h</c> of the groups that begin at 0, and
/// <c>1 − γ_h</c> of those that begin at half a group, γ = sigmoid(a). Twice the work, for every head attends in both.
/// </summary>
/// <param name="group">Positions in a group, even; shifted groups are cut at the ends.</param>
/// <param name="logits">a <c>[heads]</c></param>
public sealed class GatedShiftedAttention(int group, Tensor logits) : ICausalAttention
{
    /// <inheritdoc/>
    public Tensor Attend(Tensor query, Tensor key, Tensor value, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        var plain = ShiftedSparseAttention.InGroups(query, key, value, mask, group, group);
        var shifted = ShiftedSparseAttention.InGroups(query, key, value, mask, group / 2, group);
        var share = logits.sigmoid().to(plain.dtype).reshape(1, -1, 1, 1);
        var attended = share * plain + (1 - share) * shifted;
        if (mask is not null)
            attended = attended * mask.to(attended.dtype).unsqueeze(1).unsqueeze(3); // padding sees nothing
        return attended.MoveToOuterDisposeScope();
    }
}
