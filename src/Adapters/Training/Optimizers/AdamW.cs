using static TorchSharp.torch;

namespace Adapters.Training.Optimizers;

/// <summary>
/// Adam with decoupled weight decay: <c>p ← p − ηλp</c>, then <c>m ← β₁m + (1−β₁)g</c>, <c>v ← β₂v + (1−β₂)g²</c> and
/// <c>p ← p − η·m̂/(√v̂ + ε)</c> with the corrections <c>m̂ = m/(1−β₁ᵗ)</c>, <c>v̂ = v/(1−β₂ᵗ)</c>.
/// </summary>
/// <remarks>Loshchilov and Hutter 2017, arXiv:1711.05101, algorithm 2, with the rate in the decay as PyTorch has it.</remarks>
public sealed class AdamW : IOptimizer
{
    private readonly FlatParameters _parameters;
    private readonly Options _options;
    private readonly Tensor _first; // m
    private readonly Tensor _second; // v
    private readonly Tensor _scratch;
    private readonly IReadOnlyList<Part> _parts;

    /// <param name="parameters">What is trained.</param>
    /// <param name="options">How.</param>
    public AdamW(FlatParameters parameters, Options options)
    {
        (_parameters, _options) = (parameters, options);
        _first = zeros_like(parameters.Values).DetachFromDisposeScope();
        _second = zeros_like(parameters.Values).DetachFromDisposeScope();
        _scratch = empty_like(parameters.Values).DetachFromDisposeScope();
        _parts = [.. parameters.Rates.Select(rate => new Part(
            rate.Factor, Kept(rate.In(parameters.Values)), Kept(rate.DecayedIn(parameters.Values)),
            Kept(rate.In(_first)), Kept(rate.In(_scratch))))];

        static Tensor Kept(Tensor view) => view.DetachFromDisposeScope();
    }

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
        var (beta1, beta2) = (_options.Beta1, _options.Beta2);
        var correction1 = 1 - Math.Pow(beta1, step);
        var correction2 = Math.Sqrt(1 - Math.Pow(beta2, step));

        if (_options.WeightDecay != 0)
            foreach (var part in _parts)
                part.Decayed.mul_(1 - (rate * part.Factor * _options.WeightDecay));
        _first.mul_(beta1).add_(_parameters.Gradients, (1 - beta1) * scale);
        _second.mul_(beta2).addcmul_(_parameters.Gradients, _parameters.Gradients, (1 - beta2) * scale * scale);
        // √v̂ + ε times the correction, so that it need not be divided out of every element.
        _scratch.copy_(_second).sqrt_().add_(_options.Epsilon * correction2);
        foreach (var part in _parts)
            part.Values.addcdiv_(part.First, part.Scratch, -rate * part.Factor * correction2 / correction1);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var part in _parts)
            part.Dispose();
        _first.Dispose();
        _second.Dispose();
        _scratch.Dispose();
    }

    /// <summary>Views of what has one learning rate.</summary>
    private sealed record Part(double Factor, Tensor Values, Tensor Decayed, Tensor First, Tensor Scratch) : IDisposable
    {
        public void Dispose()
        {
            Values.Dispose();
            Decayed.Dispose();
            First.Dispose();
            Scratch.Dispose();
        }
    }
}
