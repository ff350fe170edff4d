using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Mechanisms;

/// <summary>
/// Sends each sample to all experts, weighed by <c>softmax(f·W_g / τ)</c>: what a sample loses by an expert, the gate learns.
/// The weight starts at zero, so that all count alike at first.
/// </summary>
/// <param name="weight">W_g <c>[features, experts]</c></param>
/// <param name="temperature">τ; towards 0 the best expert alone counts.</param>
public sealed class SoftmaxGate(Tensor weight, double temperature) : IExpertRouter
{
    /// <summary>W_g <c>[features, experts]</c></summary>
    public Parameter Weight { get; } = Parameter(weight);

    /// <inheritdoc/>
    public IReadOnlyList<(string Key, Parameter Value)> Parameters => [("weight", Weight)];

    /// <inheritdoc/>
    public GateChoice Choose(Tensor features, bool training, long sharing = 1)
    {
        var logits = features.matmul(Weight) / temperature; // [samples, experts]
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
