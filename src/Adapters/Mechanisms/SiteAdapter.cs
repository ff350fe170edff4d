using Adapters.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Mechanisms;

/// <summary>
/// What a method makes of one layer. It stands around the layer: it may change what the layer sees, what it gives, or compute
/// with other weights. It does not own the layer, so several can share one, and taking the adapter off restores the base.
/// </summary>
public abstract class SiteAdapter : Module
{
    private readonly Dictionary<string, Keeping> _kept = [];

    /// <param name="site">The layer.</param>
    protected SiteAdapter(Site site) : base(nameof(SiteAdapter)) => Site = site;

    /// <summary>The layer.</summary>
    public Site Site { get; }

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

    /// <summary>Tensors that are not trained but that it computes with, by the key they are kept under.</summary>
    internal IEnumerable<(string Key, Tensor Tensor, Keeping Keeping)> Kept =>
        named_buffers().Select(pair => (pair.name, pair.buffer, _kept[pair.name]));

    /// <summary>Takes a parameter as the adapter's own: trained, freed with it, saved under the site's name and this key.</summary>
    /// <returns>The parameter.</returns>
    protected Parameter Own(string key, Tensor value)
    {
        var parameter = value as Parameter ?? Parameter(value);
        register_parameter(key, (Parameter)parameter.DetachFromDisposeScope());
        return parameter;
    }

    /// <summary>Takes a tensor as the adapter's own that is not trained: freed with it, kept as said.</summary>
    /// <returns>The tensor.</returns>
    protected Tensor Keep(string key, Tensor value, Keeping keeping)
    {
        var kept = value.detach().DetachFromDisposeScope();
        register_buffer(key, kept);
        _kept.Add(key, keeping);
        return kept;
    }

    /// <summary>Nothing beside what is owned and kept: the layer is the base's.</summary>
    protected override void RegisterComponents() { }
}

/// <summary>Weights of a layer as adapters see it.</summary>
/// <param name="Matrix"><c>[out, in]</c></param>
/// <param name="Bias"><c>[out]</c>, or null.</param>
public sealed record LayerWeights(Tensor Matrix, Tensor? Bias);

/// <summary>Where a tensor that is not trained is kept.</summary>
public enum Keeping
{
    /// <summary>In the adapter's own file, where PEFT keeps it too.</summary>
    WithAdapter,

    /// <summary>In a file beside it, which only we read: PEFT makes it again, but not to the same bits on every machine.</summary>
    Beside,

    /// <summary>In checkpoints alone: a training goes on with it, a trained adapter does not need it.</summary>
    InCheckpoints,

    /// <summary>Nowhere: a seed or the options give it again, to the same bits on every machine.</summary>
    Remade,
}
