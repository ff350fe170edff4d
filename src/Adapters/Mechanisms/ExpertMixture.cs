using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>Frozen low-rank experts beside a linear layer, mixed by a gate: <c>y + Σ g_n s_n B_n A_n x</c>.</summary>
public sealed class ExpertMixture : ParallelAdapter
{
    /// <summary>Why no mixture merges, whatever it is of and wherever its gate stands.</summary>
    internal const string Obstacle =
        "A mixture of experts cannot be merged: its gates depend on the input, so no fixed weight does the same.";

    private readonly FrozenExperts _experts;
    private readonly ExpertGate _gate;
    private readonly bool _ownsGate;
    private Tensor? _mask; // of the pass that has begun

    /// <summary>Puts experts beside a layer.</summary>
    /// <param name="site">The layer.</param>
    /// <param name="experts">The layer's experts, freed with this.</param>
    /// <param name="gate">The gate.</param>
    /// <param name="ownsGate">
    /// Whether the gate looks at this layer, which is the first of those that share it. Its parameters are saved here.
    /// </param>
    public ExpertMixture(Site site, FrozenExperts experts, ExpertGate gate, bool ownsGate) : base(site)
    {
        (_experts, _gate, _ownsGate) = (experts, gate, ownsGate);
        if (!ownsGate)
            return;
        Own("mole_gate.weight", gate.Weight);
        Own("mole_gate.temperature", gate.Temperature);
    }

    /// <summary>The gate, where it looks at this layer.</summary>
    internal ExpertGate? OwnGate => _ownsGate ? _gate : null;

    /// <inheritdoc/>
    public override bool SeesSequence => true;

    /// <inheritdoc/>
    public override void Begin(ModelInput input)
    {
        _mask = input.Mask;
        _experts.Begin(input);
    }

    /// <inheritdoc/>
    public override string? MergeObstacle => _experts.MergeObstacle ?? (_gate.IsConstant ? null : Obstacle);

    /// <inheritdoc/>
    public override Tensor Adapt(Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        var h = _experts.Down(x);
        if (_ownsGate)
            _gate.Open(h, _mask);
        _mask = null; // the caller's, who frees it after the pass
        return _experts.AddUp(y, h, _gate.Gates).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Delta() => MergeObstacle is { } obstacle
        ? throw new NotSupportedException(obstacle)
        : _experts.Delta(_gate.Active.ToList().IndexOf(true)); // the gate of the only expert is 1

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _experts.Dispose();
            if (_ownsGate)
                _gate.Dispose();
        }

        base.Dispose(disposing);
    }
}
