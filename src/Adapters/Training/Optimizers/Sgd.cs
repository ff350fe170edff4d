using static TorchSharp.torch;

namespace Adapters.Training.Optimizers;

/// <summary>Gradient descent with momentum: <c>p ← p − ηλp</c>, then <c>b ← μb + g</c> and <c>p ← p − ηb</c>.</summary>
/// <remarks>As PyTorch's, but that weight decay is decoupled here too: it does not enter the momentum.</remarks>
public sealed class Sgd(FlatParameters parameters, Sgd.Options options) : IOptimizer
{
    private readonly Tensor _decayed = parameters.Values.narrow(0, 0, parameters.DecayedLength).DetachFromDisposeScope();
    private readonly Tensor? _momentum =
        options.Momentum == 0 ? null : zeros_like(parameters.Values).DetachFromDisposeScope(); // b

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
        if (options.WeightDecay != 0)
            _decayed.mul_(1 - (rate * options.WeightDecay));
        if (_momentum is null)
        {
            parameters.Values.add_(parameters.Gradients, -rate * scale);
            return;
        }
        _momentum.mul_(options.Momentum).add_(parameters.Gradients, scale);
        parameters.Values.add_(_momentum, -rate);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _decayed.Dispose();
        _momentum?.Dispose();
    }
}
