using Adapters.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>
/// A low-rank update whose rows are brought to trained lengths together with the weight's:
/// <c>W' = m / n ⊙ (W + Δ)</c>, n the row norms of <c>W + Δ</c>, through which no gradient flows.
/// </summary>
public sealed class MagnitudeAdapter : SiteAdapter
{
    private readonly LowRankDelta _update;
    private readonly Parameter _magnitude;
    private readonly Tensor _squares; // of the weight, summed by rows [out]

    /// <summary>Takes an update over, and the norms as they are as magnitudes.</summary>
    public MagnitudeAdapter(LowRankDelta update) : base(update.Site)
    {
        _update = update;
        foreach (var (key, parameter) in update.named_parameters().ToArray())
            Own(key, parameter);
        foreach (var (key, tensor, keeping) in update.Kept)
            Keep(key, tensor, keeping);
        using var frozen = no_grad();
        _squares = Keep("weight_squares", Site.Matrix(Site.Weight).to(Site.Precision).square().sum(dim: 1), Keeping.Remade);
        var norms = Norms();
        _magnitude = Own("lora_magnitude_vector", Site is ConvolutionSite ? norms.reshape(1, -1, 1, 1) : norms);
    }

    /// <inheritdoc/>
    public override bool ReadsWeights => true;

    /// <inheritdoc/>
    public override void train(bool train = true)
    {
        base.train(train);
        _update.train(train);
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, Func<Tensor, Tensor> layer)
    {
        using var scope = NewDisposeScope();
        var y = layer(x);
        var gain = Gain();
        var seen = _update.Dropped(x, gain.dtype);
        // The layer's output less its bias, unless the update does not see all of the input.
        var straight = ReferenceEquals(seen, x) || !training || _update.Dropout == 0
            ? Site.WithoutBias(y)
            : Site.Apply(seen, Site.Weight.to(gain.dtype));
        var over = Site.OverOutputs(gain);
        return (y.to(gain.dtype) + (over - 1) * straight + over * _update.UpdateOf(seen)).to(y.dtype).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override LayerWeights Fold(LayerWeights layer)
    {
        var updated = layer.Matrix + _update.Delta(); // the site's own weight may hold a merge already
        return layer with { Matrix = updated * (_magnitude.flatten() / updated.norm(1)).unsqueeze(1) };
    }

    /// <inheritdoc/>
    public override LayerWeights Foundation(LayerWeights layer) => _update.Foundation(layer);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
            _update.Dispose();
    }

    private Tensor Gain() => _magnitude.flatten() / Norms();

    /// <summary>Row norms of W + Δ <c>[out]</c>, without forming it: ‖w + Σ b·a‖² is made of products with the small factors.</summary>
    private Tensor Norms()
    {
        using var frozen = no_grad();
        var (a, b) = _update.Whole();
        b = b * _update.Scale;
        var weight = Site.Matrix(Site.Weight).to(a.dtype);
        var square = _squares + 2 * (weight.matmul(a.t()) * b).sum(dim: 1)
            + (b.matmul(a.matmul(a.t())) * b).sum(dim: 1);
        return square.sqrt();
    }
}
