using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>Frozen experts beside a linear layer, weighed from outside it: <c>y + Σ w_n·E_n(x)</c>.</summary>
public sealed class WeightedExperts : ParallelAdapter
{
    private readonly FrozenExperts _experts;
    private readonly Func<Tensor, Tensor, Tensor> _add;

    /// <summary>Puts experts beside a layer.</summary>
    /// <param name="site">The layer.</param>
    /// <param name="experts">The layer's experts, freed with this.</param>
    /// <param name="add">Of the layer's input x and output y, y with what the experts add.</param>
    public WeightedExperts(Site site, FrozenExperts experts, Func<Tensor, Tensor, Tensor> add) : base(site) =>
        (_experts, _add) = (experts, add);

    /// <summary>A part of a model that is computed anew by each expert cannot go on from what it remembers of one.</summary>
    public override bool SeesSequence => true;

    /// <inheritdoc/>
    public override void Begin(ModelInput input) => _experts.Begin(input);

    /// <inheritdoc/>
    public override string MergeObstacle => _experts.MergeObstacle ?? ExpertMixture.Obstacle;

    /// <inheritdoc/>
    public override Tensor Adapt(Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        return _add(x, y).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _experts.Dispose();
        base.Dispose(disposing);
    }
}
