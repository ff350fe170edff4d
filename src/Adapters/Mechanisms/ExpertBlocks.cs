using Adapters.Models;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Mechanisms;

/// <summary>
/// A block as several experts that share the base's weights, each with its own updates in the layers within:
/// <c>Σ g_n·F(x; W + ΔW_n)</c>, by a gate that looks at what all of them give. The block is computed once an expert.
/// </summary>
public sealed class ExpertBlocks : PartAdapter
{
    private readonly Outputs _outputs;
    private int? _chosen; // the expert that is being computed
    private Tensor? _mask; // of the pass that has begun

    /// <summary>Makes experts of a block.</summary>
    /// <param name="part">The block.</param>
    /// <param name="experts">Number of experts.</param>
    /// <param name="precision">What gate and sum are computed in.</param>
    /// <param name="gateOver">Makes the gate over the block's outputs; freed with this.</param>
    public ExpertBlocks(ModelPart part, int experts, ScalarType precision, Func<IExpertOutputs, ExpertGate> gateOver) : base(part)
    {
        Gate = gateOver(_outputs = new Outputs(experts, part.Width, precision));
        Own("mole_gate.weight", Gate.Weight);
        Own("mole_gate.temperature", Gate.Temperature);
    }

    /// <summary>The gate.</summary>
    internal ExpertGate Gate { get; }

    /// <summary>The expert that is being computed, whose update alone a layer within the block adds.</summary>
    internal int Chosen => _chosen ?? throw new InvalidOperationException($"{Part.Name} is not being computed.");

    /// <inheritdoc/>
    public override void Begin(ModelInput input) => _mask = input.Mask;

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, Func<Tensor, Tensor> bare)
    {
        using var scope = NewDisposeScope();
        var each = stack([.. Enumerable.Range(0, _outputs.Count).Select(Computed)], 2); // [batch, positions, experts, width]
        _chosen = null;
        Gate.Open(each, _mask);
        _mask = null; // the caller's, who frees it after the pass
        return (each * Gate.Gates.unsqueeze(3)).sum(dim: 2).reshape(x.shape).to(x.dtype).MoveToOuterDisposeScope();

        Tensor Computed(int expert)
        {
            _chosen = expert;
            return bare(x).to(_outputs.Precision).reshape(x.shape[0], -1, _outputs.Width);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Gate.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Outputs that are as they are <c>[batch, positions, experts, width]</c>.</summary>
    private sealed record Outputs(int Count, long Width, ScalarType Precision) : IExpertOutputs
    {
        long IExpertOutputs.Outputs => Width;

        public Tensor Normalised(Tensor h) => functional.layer_norm(h, [Width], eps: FrozenExperts.Epsilon);

        public Tensor Project(Tensor weight) => weight;
    }
}
