using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Options;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using Parameter = TorchSharp.Modules.Parameter;

namespace Adapters.Methods.Weights;

/// <summary>MiSS: one trained block is shared by all pieces of r inputs of a layer: LoRA whose A adds the pieces up. Starts as the base,
/// because the block is zero.</summary>
/// <remarks>
/// The variant bat, formerly Bone, has an r×r block for each r outputs and makes its update of the weight's own blocks. Inputs that do
/// not fill the last piece are filled up with zeros.
/// </remarks>
[AdapterMethod("miss",
    Source = "Kang and Yin 2024, arXiv:2409.15371",
    Equation = "y = Wx + b + Dᵀ·Σ drop(x)ₚ, xₚ the p-th piece of r inputs; bat: W'ₚ = Wₚ + WₚDₚ + Dₚ",
    ParametersPerLayer = "rank * out",
    OperationsPerToken = "rank * out",
    OperationsToMerge = "rank * in * out",
    PeftType = "MISS")]
internal sealed class Miss : LayerMethod<Miss.Options>
{
    public sealed record Options : TargetOptions
    {
        /// <summary>Inputs r of a piece; bat needs a divisor of a layer's inputs and outputs. PEFT's 64 is more than small layers
        /// have, and what of the block is beyond the inputs is never used.</summary>
        [Range(1, 65536), PeftField("r")]
        public int Rank { get; init; } = 16;

        /// <summary>Whether the block has a column for each output (miss), columns that repeat (mini), or is a matrix for each r outputs
        /// that multiplies the weight (bat).</summary>
        [AllowedValues("miss", "mini", "bat"), PeftField("init_weights", True = "miss", False = "miss")]
        public string Variant { get; init; } = "miss";

        /// <summary>Columns of the block after which they repeat, in the variant mini; a divisor of a layer's outputs.</summary>
        [Range(1, 65536), PeftField("mini_r")]
        public int MiniRank { get; init; } = 1;

        /// <summary>Share of the input that the update does not see in training; bat has no input of its own and drops nothing.</summary>
        [Range(0.0, 0.99), Mutable, PeftField("miss_dropout")]
        public double Dropout { get; init; }
    }

    protected override SiteAdapter Create(Attachment on, Target target, Options options)
    {
        var (site, rank, columns) = (target.Site, options.Rank, options.MiniRank);
        if (options.Variant == "bat" && (site.Inputs % rank != 0 || site.Outputs % rank != 0))
            throw Unfit("rank", rank, $"maps {site.Inputs} to {site.Outputs} features, both of which it must divide in the variant bat");
        if (options.Variant == "mini" && site.Outputs % columns != 0)
            throw Unfit("mini_rank", columns, $"has {site.Outputs} outputs, which it must divide");
        return options.Variant switch
        {
            "bat" => new BlockUpdate(site, rank),
            "mini" => new SharedBlock(site, rank, columns, options.Dropout),
            _ => new SharedBlock(site, rank, site.Outputs, options.Dropout),
        };

        AdapterException Unfit(string option, int value, string why) =>
            new($"Option '{option}' of method '{on.Method}' is {value}, but {target.Name} {why}.");
    }

    private sealed class SharedBlock : LowRankAdapter
    {
        private readonly Parameter _block; // [rank, out], or less columns that repeat

        public SharedBlock(Site site, int rank, long columns, double dropout) : base(site, scale: 1, dropout) =>
            _block = Own("miss_block", zeros(rank, columns, device: site.Weight.device));

        /// <summary>Adding the pieces up is what multiplying by identities side by side comes to.</summary>
        public override Tensor Adapt(Tensor x, Tensor y)
        {
            using var scope = NewDisposeScope();
            var rank = _block.shape[0];
            var seen = Dropped(x, _block.dtype);
            if (Site.Inputs % rank is > 0 and var rest)
                seen = functional.pad(seen, [0, rank - rest]);
            var sum = seen.reshape([.. x.shape[..^1], -1, rank]).sum(dim: -2);
            return Site.AddMixed(y, sum, Columns(), Scale).MoveToOuterDisposeScope();
        }

        protected override (Tensor A, Tensor B) Factors()
        {
            var rank = _block.shape[0];
            var identities = eye(rank, device: _block.device).repeat(1, (Site.Inputs + rank - 1) / rank);
            return (identities.narrow(1, 0, Site.Inputs), Columns());
        }

        private Tensor Columns() => _block.repeat(1, Site.Outputs / _block.shape[1]).t();
    }

    private sealed class BlockUpdate : WeightEdit
    {
        private readonly Parameter _blocks; // [out / rank, rank, rank]

        public BlockUpdate(Site site, int rank) : base(site) =>
            _blocks = Own("miss_block", zeros(site.Outputs / rank, rank, rank, device: site.Weight.device));

        protected override LayerWeights Edit(LayerWeights layer)
        {
            var rank = _blocks.shape[1];
            // A block row's r·in/r pieces of r inputs, [block rows, r, in/r, r].
            var pieces = layer.Matrix.reshape(_blocks.shape[0], rank, -1, rank);
            var product = pieces.flatten(1, 2).matmul(_blocks).reshape(pieces.shape);
            return layer with { Matrix = (pieces + product + _blocks.unsqueeze(2)).reshape(layer.Matrix.shape) };
        }
    }
}
