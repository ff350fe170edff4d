using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>
/// What a method makes of a block or its feed-forward part. It stands around it: it may change what the part sees, what it gives, and
/// how often it is asked. No weight of the base does the same, so it cannot be merged.
/// </summary>
/// <param name="part">What it stands around.</param>
public abstract class PartAdapter(ModelPart part) : AdapterModule(nameof(PartAdapter))
{
    /// <summary>What it stands around.</summary>
    public ModelPart Part => part;

    /// <summary>Computes the adapted output.</summary>
    /// <param name="x">The part's input <c>[..., width]</c>.</param>
    /// <param name="bare">The part, with the adapters that were attached before this one.</param>
    /// <returns>A tensor of x's shape and precision.</returns>
    public abstract Tensor Forward(Tensor x, Func<Tensor, Tensor> bare);

    /// <summary>The model begins a forward pass.</summary>
    /// <param name="input">What it is given, to be kept no longer than the pass.</param>
    public virtual void Begin(ModelInput input) { }
}
