using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Options;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace Adapters.Methods.Orthogonal;

/// <summary>OFT: blocks of a layer's inputs are rotated, which leaves the angles between the weight's rows as they are. Starts as the
/// base, because the rotations are by nothing.</summary>
/// <remarks>
/// The input is rotated in place of the weight, and the rotation made by a series, as Qiu et al. 2025 (arXiv:2506.19847) do. The series
/// and the exact form rotate in opposite directions, in the authors' code as here: trained weights go with their option. PEFT moves a
/// block size that does not divide the inputs to one nearby; here it is refused. PEFT rotates what a convolution sees in another way
/// than it merges; here both are its merge.
/// </remarks>
[AdapterMethod("oft",
    Source = "Qiu et al. 2023, arXiv:2306.07280",
    Equation = "y = W·Rᵀx + b, R = diag(R₁ … Rₖ), Rᵢ = I + 2Q + 2Q² + 2Q³ + Q⁴ or (I + Q)⁻¹(I - Q), Q = -Qᵀ",
    ParametersPerLayer = "in * (block_size - 1) / 2",
    OperationsPerToken = "in * block_size",
    OperationsPerPass = "(max(cayley_neumann_terms, 4) - 2) * in * block_size * block_size",
    OperationsToMerge = "in * out * block_size + (max(cayley_neumann_terms, 4) - 2) * in * block_size * block_size",
    PeftType = "OFT", PeftInert = ["init_weights", "module_dropout"])]
internal sealed class Oft : LayerMethod<Oft.Options>
{
    public sealed record Options : TargetOptions
    {
        /// <summary>Inputs that are rotated together; 0 where their number is given by blocks.</summary>
        [Range(0, 65536), PeftField("oft_block_size")]
        public int BlockSize { get; init; } = 32;

        /// <summary>Number of blocks of a layer; 0 where their size is given.</summary>
        [Range(0, 65536), PeftField("r")]
        public int Blocks { get; init; }

        /// <summary>Whether the rotation is made by a series, which is faster and nearly orthogonal, not by a linear solve.</summary>
        [PeftField("use_cayley_neumann")]
        public bool CayleyNeumann { get; init; } = true;

        /// <summary>Terms of that series.</summary>
        [Range(1, 64), PeftField("num_cayley_neumann_terms")]
        public int CayleyNeumannTerms { get; init; } = 5;

        /// <summary>Whether the rotations are kept close to none (constrained OFT).</summary>
        [PeftField("coft")]
        public bool Coft { get; init; }

        /// <summary>How large Q may grow there, by its Frobenius norm times the root of the number of blocks.</summary>
        [Range(1e-12, 1.0), PeftField("eps")]
        public double Eps { get; init; } = 6e-5;

        /// <summary>Whether all blocks of a layer are rotated alike.</summary>
        [PeftField("block_share")]
        public bool BlockShare { get; init; }
    }

    protected override bool Adapts(Site site) => site is LinearSite or ConvolutionSite;

    protected override SiteAdapter Create(Attachment on, Target target, Options options) =>
        new BlockRotation(target.Site, BlockDiagonal.SizeFor(on.Method, target, options.BlockSize, options.Blocks), options);

    private sealed class BlockRotation : InputTransform
    {
        private readonly Options _options;
        private readonly long _size;
        private readonly Parameter _upper; // [blocks, size·(size-1)/2]

        public BlockRotation(Site site, long size, Options options) : base(site)
        {
            (_options, _size) = (options, size);
            var blocks = options.BlockShare ? 1 : site.Inputs / size;
            _upper = Own("oft_R.weight", zeros(blocks, size * (size - 1) / 2, device: site.Weight.device));
        }

        protected override Tensor Map(Tensor rows, bool transposed)
        {
            if (_options.Coft)
                Constrain();
            var skew = Cayley.Skew(_upper, _size);
            var blocks = _options.CayleyNeumann ? Cayley.Series(skew, _options.CayleyNeumannTerms) : Cayley.Exact(skew);
            return BlockDiagonal.Multiply(rows, transposed ? blocks.transpose(1, 2) : blocks);
        }

        /// <summary>Scales blocks that grew too large back, the parameter itself. What is above the diagonal is below it too.</summary>
        private void Constrain()
        {
            using var frozen = no_grad();
            var norms = (2 * _upper.square().sum(dim: 1, keepdim: true)).sqrt();
            _upper.mul_((_options.Eps / Math.Sqrt(_upper.shape[0]) / norms).clamp_max(1));
        }
    }
}
