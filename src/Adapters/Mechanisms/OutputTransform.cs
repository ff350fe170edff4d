using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>
/// A linear map of what a layer gives, bias included: <c>y = R·layer(x)</c>, R <c>[out, out]</c>, which folds into <c>R·W</c> and
/// <c>R·b</c>.
/// </summary>
public abstract class OutputTransform(Site site) : SiteAdapter(site)
{
    /// <summary>R times each vector of features.</summary>
    /// <param name="features"><c>[..., out]</c>, in the precision of adapters.</param>
    protected abstract Tensor Map(Tensor features);

    /// <inheritdoc/>
    public sealed override Tensor Forward(Tensor x, Func<Tensor, Tensor> layer)
    {
        using var scope = NewDisposeScope();
        var y = layer(x);
        var wide = y.to(Site.Precision);
        var mapped = Site is ConvolutionSite ? Map(wide.movedim([1], [-1])).movedim([-1], [1]) : Map(wide);
        return mapped.to(y.dtype).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override LayerWeights Fold(LayerWeights layer) =>
        new(Map(layer.Matrix.t()).t(), layer.Bias is { } bias ? Map(bias) : null);
}
