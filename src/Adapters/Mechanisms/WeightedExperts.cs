using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>Frozen experts beside a linear layer whose outputs are summed by weights that nothing trains: <c>y + Σ w_n·E_n</c>.</summary>
public sealed class WeightedExperts : ParallelAdapter
{
    private readonly FrozenExperts _experts;
    private readonly Tensor _weights; // [1, 1, experts]

    /// <summary>Puts experts beside a layer.</summary>
    /// <param name="site">The layer.</param>
    /// <param name="experts">The layer's experts, freed with this.</param>
    /// <param name="weights">w, one an expert.</param>
    public WeightedExperts(Site site, FrozenExperts experts, IReadOnlyList<double> weights) : base(site) =>
        (_experts, _weights) = (experts,
            Keep("weights", tensor(weights.ToArray(), device: site.Weight.device).reshape(1, 1, -1), Keeping.Remade));

    /// <inheritdoc/>
    public override void Begin(ModelInput input) => _experts.Begin(input);

    /// <inheritdoc/>
    public override string? MergeObstacle => _experts.MergeObstacle;

    /// <inheritdoc/>
    public override Tensor Adapt(Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        return _experts.AddUp(y, _experts.Down(x), _weights).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Delta() => MergeObstacle is { } obstacle
        ? throw new NotSupportedException(obstacle)
        : Enumerable.Range(0, _experts.Count).Select(n => _experts.Delta(n) * _weights[0, 0, n]).Aggregate((sum, next) => sum + next);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _experts.Dispose();
        base.Dispose(disposing);
    }
}
