using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Mechanisms;

/// <summary>
/// Sends each sample to all experts, weighed by <c>softmax(f·W_g / τ)</c>: what a sample loses by an expert, the gate learns.
/// The weight starts at zero, so that all count alike at first.
/// </summary>
public sealed class SoftmaxGate : IExpertRouter
{
    /// <summary>The least temperature that one which is trained falls to.</summary>
    public const double LowestTemperature = 1e-4;

    private readonly double _temperature;

    /// <summary>A gate from given weights.</summary>
    /// <param name="weight">W_g <c>[features, experts]</c>; a parameter stays its owner's.</param>
    /// <param name="temperature">τ; towards 0 the best expert alone counts.</param>
    /// <param name="trainsTemperature">Whether τ is trained, from that value on.</param>
    public SoftmaxGate(Tensor weight, double temperature = 1, bool trainsTemperature = false)
    {
        (Weight, _temperature) = (weight as Parameter ?? Parameter(weight), temperature);
        if (trainsTemperature)
            Temperature = Parameter(full(1, temperature, Weight.dtype, Weight.device));
    }

    /// <summary>W_g <c>[features, experts]</c></summary>
    public Parameter Weight { get; }

    /// <summary>τ <c>[1]</c> where it is trained, else null.</summary>
    public Parameter? Temperature { get; }

    /// <inheritdoc/>
    public IReadOnlyList<(string Key, Parameter Value)> Parameters =>
        Temperature is null ? [("weight", Weight)] : [("weight", Weight), ("temperature", Temperature)];

    /// <inheritdoc/>
    public GateChoice Choose(Tensor features, bool training, long sharing = 1)
    {
        var raw = features.matmul(Weight); // [samples, experts]
        var logits = Temperature is null ? raw / _temperature : raw / Temperature.clamp(min: LowestTemperature);
        var gates = logits.softmax(1);
        return new Weighed(logits, gates, arange(logits.shape[1], device: logits.device).expand(logits.shape));
    }

    /// <summary>All experts count, so what is asked for is that none be lost: MoLE's term instead of the variation.</summary>
    private sealed record Weighed(Tensor Logits, Tensor Gates, Tensor Chosen)
        : GateChoice(Logits, Deviation: null, Gates, Chosen, Load: Gates.sum(dim: 0))
    {
        public override Tensor Imbalance() => Gates.mean([0]).log().sum().neg();
    }
}
