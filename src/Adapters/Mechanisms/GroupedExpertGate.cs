using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>
/// MoLE's gate for causal models, one for each group of tokens: it looks at the groups before, and where there are none, it is
/// <c>softmax(b)</c>. So no token learns of a later one, and the experts change only from group to group.
/// </summary>
public sealed class GroupedExpertGate : ExpertGate
{
    private readonly Parameter _prior;
    private readonly int _group;

    /// <summary>A gate over a layer's experts.</summary>
    /// <param name="experts">The experts whose outputs it looks at.</param>
    /// <param name="weight">e <c>[experts·out, experts]</c></param>
    /// <param name="temperature">τ <c>[1]</c></param>
    /// <param name="prior">b <c>[experts]</c>, which gates share.</param>
    /// <param name="group">Tokens in a group.</param>
    public GroupedExpertGate(FrozenExperts experts, Tensor weight, Tensor temperature, Parameter prior, int group)
        : base(experts, weight, temperature, GatePooling.CausalMean, [.. Enumerable.Repeat(true, experts.Count)]) =>
        (_prior, _group) = (prior, group);

    /// <summary>Never: norms that are mixed along, and are no layers, would stay behind in a merge.</summary>
    public override bool IsConstant => false;

    /// <inheritdoc/>
    protected override Tensor Scores(Tensor features, Tensor? real)
    {
        var (batch, positions) = (features.shape[0], features.shape[1]);
        var groups = (positions + _group - 1) / _group;
        var ends = arange(1, groups, device: features.device) * _group - 1; // of all groups but the last
        var counted = real ?? ones(1, positions, 1, device: features.device);
        var sums = (features * counted.unsqueeze(3)).cumsum(1).index_select(1, ends);
        var counts = counted.cumsum(1).index_select(1, ends).clamp(min: 1).unsqueeze(3);
        var nothing = zeros([batch, 1, .. features.shape[2..]], dtype: features.dtype, device: features.device);
        var before = cat([nothing, sums / counts], 1); // [batch, groups, experts, k]

        var first = cat([_prior.reshape(1, 1, -1), zeros(1, groups - 1, _prior.shape[0], device: features.device)], 1);
        return (Tempered(Weighed(before)) + first).repeat_interleave(_group, 1).narrow(1, 0, positions);
    }
}
