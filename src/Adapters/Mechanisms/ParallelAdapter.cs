using Adapters.Models;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Mechanisms;

/// <summary>An adapter beside a layer: <c>y + Δ(x)</c>, with y the layer's output (He et al. 2021, arXiv:2110.04366).</summary>
public abstract class ParallelAdapter(Site site) : SiteAdapter(site)
{
    /// <summary>Adds to the layer's output.</summary>
    /// <param name="x">The layer's input.</param>
    /// <param name="y">The layer's output, bias included.</param>
    /// <returns>A tensor of y's shape and precision.</returns>
    public abstract Tensor Adapt(Tensor x, Tensor y);

    /// <summary>The update ΔW <c>[out, in]</c> with <c>y + x·ΔWᵀ</c> equal to <see cref="Adapt"/> in evaluation mode.</summary>
    /// <exception cref="NotSupportedException">Where <see cref="SiteAdapter.MergeObstacle"/> is not null.</exception>
    public virtual Tensor Delta() => throw new NotSupportedException(MergeObstacle);

    /// <inheritdoc/>
    public override bool OnlyAdds => !ReadsWeights;

    /// <inheritdoc/>
    public sealed override Tensor Forward(Tensor x, Func<Tensor, Tensor> layer)
    {
        using var scope = NewDisposeScope();
        return Adapt(x, layer(x)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override LayerWeights Fold(LayerWeights layer) => layer with { Matrix = layer.Matrix + Delta() };

    /// <summary>What says as 0 and 1 which values of an input dropout keeps, in place of Torch's own draw; null for that.</summary>
    internal Func<Tensor, Tensor>? DrawKept { get; set; }

    /// <summary>The input in the adapter's precision, thinned out in training. Tokens cannot be.</summary>
    protected Tensor Dropped(Tensor x, ScalarType precision, double dropout)
    {
        x = Site.Cast(x, precision);
        return !training || dropout == 0 || !x.is_floating_point() ? x
            : DrawKept is { } draw ? x * draw(x) / (1 - dropout)
            : functional.dropout(x, dropout);
    }
}
