using static TorchSharp.torch;

namespace Adapters.Training.Optimizers;

/// <summary>Gradient descent with momentum: <c>p ← p − ηλp</c>, then <c>b ← μb + g</c> and <c>p ← p − ηb</c>.</summary>
/// <remarks>As PyTorch's, but that weight decay is decoupled here too: it does not enter the momentum.</remarks>
public sealed class Sgd : IOptimizer
{
    private readonly FlatParameters _parameters;
    private readonly Options _options;
    private readonly Tensor? _momentum; // b
    private readonly IReadOnlyList<Part> _parts;

    /// <param name="parameters">What is trained.</param>
    /// <param name="options">How.</param>
    public Sgd(FlatParameters parameters, Options options)
    {
        (_parameters, _options) = (parameters, options);
        _momentum = options.Momentum == 0 ? null : zeros_like(parameters.Values).DetachFromDisposeScope();
        _parts = [.. parameters.Rates.Select(rate => new Part(
            rate.Factor, Kept(rate.In(parameters.Values)), Kept(rate.DecayedIn(parameters.Values)),
            Kept(rate.In(_momentum ?? parameters.Gradients))))];

        static Tensor Kept(Tensor view) => view.DetachFromDisposeScope();
    }

    /// <summary>What the rule can be told.</summary>
    public sealed record Options
    {
        /// <summary>μ, from 0 to below 1.</summary>
        public double Momentum { get; init; }

        /// <summary>λ, at least 0.</summary>
        public double WeightDecay { get; init; }
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> State => field ??=
        _momentum is null ? new Dictionary<string, Tensor>() : new Dictionary<string, Tensor> { ["momentum"] = _momentum };

    /// <inheritdoc/>
    public void Step(int step, double rate, double scale = 1)
    {
        using var _ = no_grad();
        if (_options.WeightDecay != 0)
            foreach (var part in _parts)
                part.Decayed.mul_(1 - (rate * part.Factor * _options.WeightDecay));
        _momentum?.mul_(_options.Momentum).add_(_parameters.Gradients, scale);
        foreach (var part in _parts)
            part.Values.add_(part.Descent, -rate * part.Factor * (_momentum is null ? scale : 1));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var part in _parts)
            part.Dispose();
        _momentum?.Dispose();
    }

    /// <summary>Views of what has one learning rate.</summary>
    private sealed record Part(double Factor, Tensor Values, Tensor Decayed, Tensor Descent) : IDisposable
    {
        public void Dispose()
        {
            Values.Dispose();
            Decayed.Dispose();
            Descent.Dispose();
        }
    }
}
