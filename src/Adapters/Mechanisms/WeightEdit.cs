using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>
/// Other weights in place of a linear layer's: <c>y = xW'ᵀ + b'</c>, both made anew from the layer's own in each forward pass. Over a
/// half-precision base the product is taken in float32, so that small edits are not rounded away.
/// </summary>
public abstract class WeightEdit(Site site) : SiteAdapter(site)
{
    /// <summary>The weights W' and b'.</summary>
    /// <param name="layer">W and b, in the precision of adapters.</param>
    protected abstract LayerWeights Edit(LayerWeights layer);

    /// <inheritdoc/>
    public sealed override bool ReadsWeights => true;

    /// <inheritdoc/>
    public sealed override Tensor Forward(Tensor x, Func<Tensor, Tensor> layer)
    {
        using var scope = NewDisposeScope();
        var precision = Site.Precision;
        var (matrix, bias) = Edit(new LayerWeights(Site.Matrix(Site.Weight).to(precision), Site.Bias?.to(precision)));
        return Site.Apply(x.to(precision), Site.Shape(matrix), bias).to(x.dtype).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public sealed override LayerWeights Fold(LayerWeights layer) => Edit(layer);
}
