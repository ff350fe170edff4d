using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>
/// What a method makes of one layer. It stands around the layer: it may change what the layer sees, what it gives, or compute
/// with other weights. It does not own the layer, so several can share one, and taking the adapter off restores the base.
/// </summary>
public abstract class SiteAdapter : AdapterModule
{
    /// <param name="site">The layer.</param>
    protected SiteAdapter(Site site) : base(nameof(SiteAdapter)) => Site = site;

    /// <summary>The layer.</summary>
    public Site Site { get; }

    /// <summary>How much of what it does is done, w in <c>y + w·(f(x) - y)</c>: 1 all of it, 0 nothing.</summary>
    public double Weight { get; internal set; } = 1;

    /// <summary>Whether it is folded into the layer's weights.</summary>
    public bool IsMerged { get; internal set; }

    /// <summary>Whether it only adds, and what it adds hangs on its input alone: it stands beside others in any order.</summary>
    public virtual bool OnlyAdds => false;

    /// <summary>Whether it computes with the layer's own weights, and so must stand next to the layer, within all others.</summary>
    public virtual bool ReadsWeights => false;

    /// <summary>Computes the adapted output.</summary>
    /// <param name="x">The layer's input.</param>
    /// <param name="layer">The layer, with the adapters that were attached before this one.</param>
    /// <returns>An output of the layer's shape and precision.</returns>
    public abstract Tensor Forward(Tensor x, Func<Tensor, Tensor> layer);

    /// <summary>Why this adapter cannot be folded into weight and bias, in one sentence; null where it can, exactly.</summary>
    public virtual string? MergeObstacle => null;

    /// <summary>Weights with which the bare layer computes what layer and adapter do.</summary>
    /// <param name="layer">The weights of what the adapter stands around, in the adapter's precision.</param>
    /// <exception cref="NotSupportedException">Where <see cref="MergeObstacle"/> is not null.</exception>
    public virtual LayerWeights Fold(LayerWeights layer) => throw new NotSupportedException(MergeObstacle);

    /// <summary>As <see cref="Fold"/>, with <see cref="Weight"/> of it. Exact, since all that folds is linear.</summary>
    internal LayerWeights FoldWeighted(LayerWeights layer)
    {
        var folded = Fold(layer);
        if (Weight == 1)
            return folded;
        var bias = ReferenceEquals(folded.Bias, layer.Bias) ? layer.Bias : layer.Bias! + (folded.Bias! - layer.Bias!) * Weight;
        return new LayerWeights(layer.Matrix + (folded.Matrix - layer.Matrix) * Weight, bias);
    }

    /// <summary>
    /// What PEFT holds as the layer's own weights once such an adapter is made: those of the base, less what the adapter started
    /// with where it took that from them.
    /// </summary>
    /// <param name="layer">The weights of the base.</param>
    public virtual LayerWeights Foundation(LayerWeights layer) => layer;

    /// <summary>The model begins a forward pass.</summary>
    /// <param name="input">What it is given, to be kept no longer than the pass.</param>
    public virtual void Begin(ModelInput input) { }

    /// <summary>
    /// Whether what it adds at a position of a sequence hangs on the positions before, so that it must be shown the whole
    /// sequence at once, not token by token.
    /// </summary>
    public virtual bool SeesSequence => false;

    /// <inheritdoc/>
    protected override ScalarType? OwnPrecision => Site.Precision;
}

/// <summary>Weights of a layer as adapters see it.</summary>
/// <param name="Matrix"><c>[out, in]</c></param>
/// <param name="Bias"><c>[out]</c>, or null.</param>
public sealed record LayerWeights(Tensor Matrix, Tensor? Bias);
