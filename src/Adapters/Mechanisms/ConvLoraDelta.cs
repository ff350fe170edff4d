using System.Diagnostics;
using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>How the outputs of several chosen experts become one.</summary>
public enum ExpertCombination
{
    /// <summary>Σ G_e·z_e.</summary>
    Sum,

    /// <summary>log Σ exp(z_e), as the published code does.</summary>
    LogSumExp,

    /// <summary>log Σ G_e·exp(z_e), as the published code does where it multiplies by gates.</summary>
    GatedLogSumExp,
}

/// <summary>
/// Conv-LoRA beside a linear layer: <c>y + s·B(h + z)</c> with h = A·drop(x), and z what the experts that a gate chose for
/// each image make of h as a map.
/// </summary>
public sealed class ConvLoraDelta : LowRankDelta
{
    private readonly NoisyTopKGate _gate;
    private readonly ScaleExperts _experts;
    private readonly ExpertCombination _combination;
    private SpatialLayout _layout;
    private Tensor? _imbalance;

    /// <summary>Puts the parts beside a layer; of the factors see <see cref="LowRankDelta"/>.</summary>
    public ConvLoraDelta(Site site, Tensor a, Tensor b, double scale, double dropout,
        NoisyTopKGate gate, ScaleExperts experts, ExpertCombination combination, SpatialLayout layout)
        : base(site, a, b, scale, dropout)
    {
        (_gate, _experts, _combination, _layout) = (gate, experts, combination, layout);
        Own("lora_gate.weight", gate.Weight);
        Own("lora_gate.noise_weight", gate.NoiseWeight);
        Own("lora_experts.weight", experts.Weight);
        Own("lora_experts.bias", experts.Bias);
    }

    /// <inheritdoc/>
    public override void Begin(ModelInput input)
    {
        if (_layout.Tokens && input.Grid is var (rows, columns)) // of another size than the model was made for
            _layout = _layout with { Height = rows, Width = columns };
    }

    /// <inheritdoc/>
    public override string MergeObstacle => "Conv-LoRA cannot be merged: its convolutions look at the whole map and each image "
        + "is routed to its own, so no weight of a linear layer does the same.";

    /// <inheritdoc/>
    public override Tensor Delta() => throw new NotSupportedException(MergeObstacle);

    /// <inheritdoc/>
    public override Tensor Adapt(Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        var pass = Trace(x, y);
        _imbalance?.Dispose();
        _imbalance = training ? pass.Choice.Imbalance().DetachFromDisposeScope() : null;
        return pass.Output.MoveToOuterDisposeScope();
    }

    /// <summary>How unevenly the last pass in training mode used the experts: a scalar with a gradient. Taken once.</summary>
    /// <exception cref="InvalidOperationException">When there was no such pass since it was last taken.</exception>
    public Tensor TakeImbalance()
    {
        var taken = _imbalance
            ?? throw new InvalidOperationException("The auxiliary loss follows a forward pass in training mode.");
        _imbalance = null;
        return taken;
    }

    /// <summary>What one forward pass computes.</summary>
    /// <param name="Output">The adapted output <c>[..., out]</c>.</param>
    /// <param name="Bottleneck">h + z <c>[..., rank]</c></param>
    /// <param name="Features">What the gate saw <c>[images, rank]</c>.</param>
    /// <param name="Choice">How it routed.</param>
    internal sealed record Pass(Tensor Output, Tensor Bottleneck, Tensor Features, GateChoice Choice);

    /// <summary>A forward pass with all that it passes through.</summary>
    internal Pass Trace(Tensor x, Tensor y)
    {
        var h = Down(x, A); // [images, height, width, rank] or [images, prefix + height·width, rank]
        var prefix = _layout.Tokens ? _layout.Prefix : 0;
        var grid = prefix > 0 ? h.narrow(1, prefix, h.shape[1] - prefix) : h;
        var map = AsMap(grid); // [images, rank, height, width]

        var features = map.mean([2, 3]);
        var choice = _gate.Choose(features, training);
        var z = Combine(_experts.Apply(map, choice.Chosen), choice).permute(0, 2, 3, 1).reshape(grid.shape);
        var whole = prefix > 0 ? cat([h.narrow(1, 0, prefix), grid + z], 1) : h + z;
        return new Pass(Site.AddMixed(y, whole, B, Scale), whole, features, choice);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _imbalance?.Dispose();
            _experts.Dispose();
        }

        base.Dispose(disposing);
    }

    private Tensor AsMap(Tensor grid)
    {
        if (_layout.Tokens && grid.shape[1] != _layout.Height * _layout.Width)
            throw new InvalidOperationException(
                $"{grid.shape[1]} tokens do not fill the grid of {_layout.Height}×{_layout.Width}.");
        var image = _layout.Tokens ? grid.reshape(grid.shape[0], _layout.Height, _layout.Width, -1) : grid;
        return image.permute(0, 3, 1, 2);
    }

    /// <param name="outputs"><c>[images, k, rank, height, width]</c></param>
    /// <param name="choice">The routing.</param>
    /// <returns><c>[images, rank, height, width]</c></returns>
    private Tensor Combine(Tensor outputs, GateChoice choice)
    {
        if (outputs.shape[1] == 1)
            return outputs.squeeze(1); // its gate is 1, so every combination is the output itself
        var gates = choice.Gates.gather(1, choice.Chosen).reshape(outputs.shape[0], outputs.shape[1], 1, 1, 1);
        return _combination switch
        {
            ExpertCombination.Sum => (gates * outputs).sum(dim: 1),
            ExpertCombination.LogSumExp => outputs.logsumexp(1),
            ExpertCombination.GatedLogSumExp => (outputs + gates.log()).logsumexp(1),
            _ => throw new UnreachableException(),
        };
    }
}
