using static TorchSharp.torch;

namespace Adapters.Training.Optimizers;

/// <summary>
/// Adam with decoupled weight decay: <c>p ← p − ηλp</c>, then <c>m ← β₁m + (1−β₁)g</c>, <c>v ← β₂v + (1−β₂)g²</c> and
/// <c>p ← p − η·m̂/(√v̂ + ε)</c> with the corrections <c>m̂ = m/(1−β₁ᵗ)</c>, <c>v̂ = v/(1−β₂ᵗ)</c>.
/// </summary>
/// <remarks>Loshchilov and Hutter 2017, arXiv:1711.05101, algorithm 2, with the rate in the decay as PyTorch has it.</remarks>
public sealed class AdamW(FlatParameters parameters, AdamW.Options options) : IOptimizer
{
    private readonly Tensor _decayed = parameters.Values.narrow(0, 0, parameters.DecayedLength).DetachFromDisposeScope();
    private readonly Tensor _first = zeros_like(parameters.Values).DetachFromDisposeScope(); // m
    private readonly Tensor _second = zeros_like(parameters.Values).DetachFromDisposeScope(); // v
    private readonly Tensor _scratch = empty_like(parameters.Values).DetachFromDisposeScope();

    /// <summary>What the rule can be told.</summary>
    public sealed record Options
    {
        /// <summary>Decay of the mean of gradients, from 0 to below 1.</summary>
        public double Beta1 { get; init; } = 0.9;

        /// <summary>Decay of the mean of squared gradients, from 0 to below 1.</summary>
        public double Beta2 { get; init; } = 0.999;

        /// <summary>ε, above 0.</summary>
        public double Epsilon { get; init; } = 1e-8;

        /// <summary>λ, at least 0.</summary>
        public double WeightDecay { get; init; }
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> State => field ??= new Dictionary<string, Tensor>
    {
        ["first_moment"] = _first,
        ["second_moment"] = _second,
    };

    /// <inheritdoc/>
    public void Step(int step, double rate, double scale = 1)
    {
        using var _ = no_grad();
        var (beta1, beta2) = (options.Beta1, options.Beta2);
        var correction1 = 1 - Math.Pow(beta1, step);
        var correction2 = Math.Sqrt(1 - Math.Pow(beta2, step));

        if (options.WeightDecay != 0)
            _decayed.mul_(1 - (rate * options.WeightDecay));
        _first.mul_(beta1).add_(parameters.Gradients, (1 - beta1) * scale);
        _second.mul_(beta2).addcmul_(parameters.Gradients, parameters.Gradients, (1 - beta2) * scale * scale);
        // √v̂ + ε times the correction, so that it need not be divided out of every element.
        _scratch.copy_(_second).sqrt_().add_(options.Epsilon * correction2);
        parameters.Values.addcdiv_(_first, _scratch, -rate * correction2 / correction1);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _decayed.Dispose();
        _first.Dispose();
        _second.Dispose();
        _scratch.Dispose();
    }
}
