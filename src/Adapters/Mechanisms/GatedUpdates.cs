using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>
/// Low-rank updates that are trained side by side beside one layer, each sample's weighed by a gate that stands outside it:
/// <c>y + s·Σ g_n·B_n·h_n</c>, with h_n what the n-th sees of the input. They are added in one product.
/// </summary>
internal sealed class GatedUpdates : ParallelAdapter
{
    private readonly IReadOnlyList<LowRankDelta> _updates;
    private readonly Func<Tensor> _gates;

    /// <summary>Puts updates beside a layer.</summary>
    /// <param name="site">The layer.</param>
    /// <param name="updates">Updates of one scale without biases or starts to subtract, freed with this.</param>
    /// <param name="gates">Gives the gates of the pass <c>[samples, updates]</c>; where the layer sees windows of samples, a sample's
    /// stand side by side.</param>
    public GatedUpdates(Site site, IReadOnlyList<LowRankDelta> updates, Func<Tensor> gates) : base(site)
    {
        (_updates, _gates) = (updates, gates);
        for (var n = 0; n < updates.Count; n++)
            register_module($"update_{n}", updates[n]);
    }

    /// <inheritdoc/>
    public override void Begin(ModelInput input)
    {
        foreach (var update in _updates)
            update.Begin(input);
    }

    /// <inheritdoc/>
    public override string MergeObstacle => ExpertMixture.Obstacle;

    /// <inheritdoc/>
    public override Tensor Adapt(Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        var gates = _gates();
        var weighted = cat([.. _updates.Select((update, n) => Weighted(update.Bottleneck(x), gates.narrow(1, n, 1)))], -1);
        var up = cat([.. _updates.Select(update => update.B)], 1); // [out, updates·rank]
        return Site.AddMixed(y, weighted, up, _updates[0].Scale).MoveToOuterDisposeScope();

        static Tensor Weighted(Tensor h, Tensor gate) =>
            h * gate.repeat_interleave(h.shape[0] / gate.shape[0], 0).reshape([-1, .. h.shape[1..].Select(_ => 1L)]);
    }
}
