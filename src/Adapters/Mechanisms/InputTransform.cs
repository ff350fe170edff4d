using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>
/// A linear map of what a layer sees: <c>y = layer(x·R)</c>, R <c>[in, in]</c>, which folds into <c>W·Rᵀ</c>. The pixels beneath a
/// kernel overlap with those beneath the next, so a convolution is given turned weights instead.
/// </summary>
public abstract class InputTransform(Site site) : SiteAdapter(site)
{
    /// <summary>rows·R, or rows·Rᵀ.</summary>
    /// <param name="rows"><c>[..., in]</c>, in the precision of adapters.</param>
    /// <param name="transposed">Whether by Rᵀ.</param>
    protected abstract Tensor Map(Tensor rows, bool transposed);

    /// <inheritdoc/>
    public override bool ReadsWeights => Site is not LinearSite;

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, Func<Tensor, Tensor> layer)
    {
        using var scope = NewDisposeScope();
        var wide = x.to(Site.Precision);
        var y = Site is LinearSite
            ? layer(Map(wide, transposed: false).to(x.dtype))
            : Site.Apply(wide, Site.Shape(MapWeight(Site.Matrix(Site.Weight).to(wide.dtype))), Site.Bias?.to(wide.dtype)).to(x.dtype);
        return y.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override LayerWeights Fold(LayerWeights layer) => layer with { Matrix = MapWeight(layer.Matrix) };

    private Tensor MapWeight(Tensor matrix) => Map(matrix, transposed: true);
}
