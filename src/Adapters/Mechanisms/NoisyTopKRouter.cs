using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>Routes each token by a <see cref="NoisyTopKGate"/> of its own; uneven use is that gate's.</summary>
public sealed class NoisyTopKRouter : Router
{
    private readonly NoisyTopKGate _gate;

    /// <param name="gate">The gate, freed with this.</param>
    public NoisyTopKRouter(NoisyTopKGate gate)
    {
        _gate = gate;
        Own("weight", gate.Weight);
        Own("noise_weight", gate.NoiseWeight);
    }

    /// <inheritdoc/>
    protected override Routing Choose(Tensor tokens)
    {
        var choice = _gate.Choose(tokens, training);
        return new Routing(choice.Gates, choice.Chosen, training ? choice.Imbalance() : null);
    }
}
