using Adapters.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Mechanisms;

/// <summary>
/// What a method adds to one linear layer, as a function of the layer's input and the layer's own output. It does not
/// own the base product, so several trials over one base can share it, and taking the adapter off restores the base.
/// </summary>
public abstract class LinearAdapter(string name) : Module<Tensor, Tensor, Tensor>(name)
{
    /// <summary>Computes the adapted output.</summary>
    /// <param name="x">The layer's input <c>[..., in]</c>.</param>
    /// <param name="y">The frozen layer's output <c>[..., out]</c>, bias included.</param>
    /// <returns><c>[..., out]</c></returns>
    public abstract override Tensor forward(Tensor x, Tensor y);

    /// <summary>The model begins a forward pass.</summary>
    /// <param name="input">What it is given, to be kept no longer than the pass.</param>
    public virtual void Begin(ModelInput input) { }

    /// <summary>
    /// Whether what it adds at a position of a sequence hangs on the positions before, so that it must be shown the whole
    /// sequence at once, not token by token.
    /// </summary>
    public virtual bool SeesSequence => false;

    /// <summary>Takes a parameter as the adapter's own: trained, freed with it, saved under the site's name and this key.</summary>
    protected void Own(string key, Parameter parameter) =>
        register_parameter(key, (Parameter)parameter.DetachFromDisposeScope());

    /// <summary>Why this adapter cannot be folded into the weight, in one sentence; null where it can, exactly.</summary>
    public virtual string? MergeObstacle => null;

    /// <summary>The update ΔW <c>[out, in]</c> with <c>y + x·ΔWᵀ</c> equal to <see cref="forward"/>.</summary>
    /// <exception cref="NotSupportedException">Where <see cref="MergeObstacle"/> is not null.</exception>
    public virtual Tensor DeltaWeight() => throw new NotSupportedException(MergeObstacle);
}
