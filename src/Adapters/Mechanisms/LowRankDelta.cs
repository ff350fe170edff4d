using Adapters.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>
/// A low-rank update whose two factors are trained as they are, and saved as PEFT saves them: <c>y + s·B(A·x)</c>. Where they
/// start as a part of the weight, that part is subtracted beside it, <c>y + s·B(A·x) - s·B₀(A₀·x)</c>, so that the base's own
/// weight need not be changed.
/// </summary>
public class LowRankDelta : LowRankAdapter
{
    private readonly (Tensor A, Tensor B)? _start;
    private readonly Parameter? _bias;

    /// <summary>Puts given factors beside a layer.</summary>
    /// <param name="site">The layer.</param>
    /// <param name="a">A <c>[rank, in]</c></param>
    /// <param name="b">B <c>[out, rank]</c></param>
    /// <param name="scale">s</param>
    /// <param name="dropout">Share of the input that the update does not see in training.</param>
    /// <param name="isTakenFromWeight">Whether <c>s·BA</c> as given is a part of the weight.</param>
    /// <param name="hasBias">Whether a trained bias, times s, is added: zero at first.</param>
    public LowRankDelta(Site site, Tensor a, Tensor b, double scale, double dropout = 0, bool isTakenFromWeight = false,
        bool hasBias = false) : base(site, scale, dropout)
    {
        if (isTakenFromWeight)
            _start = (Keep("initial_A", a.clone(), Keeping.Beside), Keep("initial_B", b.clone(), Keeping.Beside));
        (A, B) = site switch
        {
            EmbeddingSite => (Own("lora_embedding_A", a), Own("lora_embedding_B", b)),
            ConvolutionSite => (Own("lora_A.weight", site.Shape(a)), Own("lora_B.weight", b.reshape(b.shape[0], -1, 1, 1))),
            _ => (Own("lora_A.weight", a), Own("lora_B.weight", b)),
        };
        if (hasBias)
            _bias = Own("lora_B.bias", zeros(site.Outputs, device: B.device));
    }

    /// <summary>A <c>[rank, in]</c>; of a convolution <c>[rank, channels, height, width]</c></summary>
    public Parameter A { get; }

    /// <summary>B <c>[out, rank]</c>; of a convolution <c>[out, rank, 1, 1]</c></summary>
    public Parameter B { get; }

    /// <inheritdoc/>
    public override Tensor Adapt(Tensor x, Tensor y)
    {
        if (_start is null && _bias is null)
            return base.Adapt(x, y);
        using var scope = NewDisposeScope();
        return (y.to(A.dtype) + UpdateOf(Dropped(x, A.dtype))).to(y.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>h = A·drop(x), what B takes to the layer's outputs <c>[..., rank]</c>.</summary>
    /// <param name="x">The layer's input.</param>
    internal virtual Tensor Bottleneck(Tensor x) => Down(x, A);

    /// <summary>Δ(x) of an input that dropout has been at already, of the adapter's precision. At the start exactly zero.</summary>
    internal Tensor UpdateOf(Tensor seen)
    {
        var update = Of(Factors());
        if (_start is { } start)
            update = update - Of(start);
        return (_bias is null ? update : update + Site.OverOutputs(_bias)) * Scale;

        Tensor Of((Tensor A, Tensor B) factors) => Site.MixOutputs(Site.Apply(seen, Site.Shape(factors.A)), factors.B);
    }

    /// <inheritdoc/>
    public override Tensor Delta()
    {
        var (a, b) = Whole();
        return b.matmul(a) * Scale;
    }

    /// <inheritdoc/>
    public override string? MergeObstacle => _bias is not null && Site.Bias is null
        ? "An update with a bias of its own cannot be merged into a layer that has none."
        : null;

    /// <inheritdoc/>
    public override LayerWeights Fold(LayerWeights layer) => _bias is null
        ? base.Fold(layer)
        : base.Fold(layer) with { Bias = layer.Bias! + _bias * Scale };

    /// <inheritdoc/>
    public override LayerWeights Foundation(LayerWeights layer) => _start is var (a, b)
        ? layer with { Matrix = layer.Matrix - b.matmul(a) * Scale }
        : layer;

    /// <summary>Factors of all of Δ / s, what is subtracted included.</summary>
    internal (Tensor A, Tensor B) Whole()
    {
        var (a, b) = Factors();
        return _start is { } start ? (cat([a, start.A], 0), cat([b, -start.B], 1)) : (a, b);
    }

    /// <summary>All of Δ as an expert of a mixture.</summary>
    internal LowRankExpert AsExpert()
    {
        var (a, b) = Whole();
        return new LowRankExpert(a, b, Scale);
    }

    /// <inheritdoc/>
    protected override (Tensor A, Tensor B) Factors() => (A.flatten(1), B.flatten(1));
}
