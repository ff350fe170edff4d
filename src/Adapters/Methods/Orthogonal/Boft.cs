using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Options;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace Adapters.Methods.Orthogonal;

/// <summary>BOFT: a layer's inputs are rotated by a product of block rotations between which they are shuffled as in a fast Fourier
/// transform, and its outputs scaled. Starts as the base, because the rotations are by nothing and the scales 1.</summary>
/// <remarks>
/// The scale leaves the bias alone, as in PEFT. Folders of PEFT's with several factors were written with its
/// CUDA kernel; without that it falls back to one.
/// </remarks>
[AdapterMethod("boft",
    Source = "Liu et al. 2023, arXiv:2311.06243",
    Equation = "y = s ⊙ (W·Rᵀx) + b, R = Mₘ₋₁ … M₀, Mᵢ = Pᵢ·diag(O₁ … Oₖ)·Pᵢᵀ, O = (I + S)⁻¹(I - S), S = (V - Vᵀ)/2",
    ParametersPerLayer = "n_butterfly_factor * in * block_size + out",
    OperationsPerToken = "n_butterfly_factor * in * block_size",
    OperationsPerPass = "4 / 3 * n_butterfly_factor * in * block_size * block_size",
    OperationsToMerge = "n_butterfly_factor * in * out * block_size + 4 / 3 * n_butterfly_factor * in * block_size * block_size",
    PeftType = "BOFT", PeftInert = ["init_weights"])]
internal sealed class Boft : LayerMethod<Boft.Options>
{
    public sealed record Options : TargetOptions
    {
        /// <summary>Inputs that are rotated together; 0 where their number is given by blocks.</summary>
        [Range(0, 65536), PeftField("boft_block_size")]
        public int BlockSize { get; init; } = 4;

        /// <summary>Number of blocks of a layer; 0 where their size is given.</summary>
        [Range(0, 65536), PeftField("boft_block_num")]
        public int Blocks { get; init; }

        /// <summary>Number m of block rotations; each doubles the reach of what one input can be turned into.</summary>
        [Range(1, 30), PeftField("boft_n_butterfly_factor")]
        public int NButterflyFactor { get; init; } = 1;

        /// <summary>Share of the blocks of one factor that are left unrotated in a training step.</summary>
        [Range(0.0, 0.99), Mutable, PeftField("boft_dropout")]
        public double Dropout { get; init; }
    }

    protected override bool Adapts(Site site) => site is LinearSite or ConvolutionSite;

    protected override SiteAdapter Create(Attachment on, Target target, Options options)
    {
        var size = BlockDiagonal.SizeFor(on.Method, target, options.BlockSize, options.Blocks);
        var (factors, blocks) = (options.NButterflyFactor, target.Site.Inputs / size);
        if (factors > 1 && (size % 2 != 0 || blocks % (1L << (factors - 1)) != 0))
            throw new AdapterException($"Option 'n_butterfly_factor' of method '{on.Method}' is {factors}, for which the size of the "
                + $"blocks must be even and their number a multiple of {1L << (factors - 1)}, but {target.Name} has {blocks} of {size} "
                + "inputs.");
        return new Butterfly(target.Site, size, factors, options.Dropout);
    }

    private sealed class Butterfly : InputTransform
    {
        private readonly double _dropout;
        private readonly Parameter _free; // [factors, blocks, size, size]
        private readonly Parameter _scale;

        public Butterfly(Site site, long size, int factors, double dropout) : base(site)
        {
            _dropout = dropout;
            _free = Own("boft_R", zeros(factors, site.Inputs / size, size, size, device: site.Weight.device));
            _scale = Own("boft_s", ones(site is ConvolutionSite ? [1, site.Outputs] : [site.Outputs, 1], device: site.Weight.device));
        }

        public override bool ReadsWeights => true; // its scale leaves the bias out

        public override Tensor Forward(Tensor x, Func<Tensor, Tensor> layer)
        {
            using var scope = NewDisposeScope();
            var y = base.Forward(x, layer);
            var grown = Site.OverOutputs(_scale.flatten() - 1) * Site.WithoutBias(y);
            return (y.to(Site.Precision) + grown).to(y.dtype).MoveToOuterDisposeScope();
        }

        public override LayerWeights Fold(LayerWeights layer) =>
            layer with { Matrix = _scale.reshape(-1, 1) * Turn(layer.Matrix, Rotations(), transposed: true) };

        protected override Tensor Map(Tensor rows, bool transposed) =>
            Turn(rows, training && _dropout > 0 ? WithoutSome(Rotations()) : Rotations(), transposed);

        private Tensor Rotations() => Cayley.Exact((_free - _free.transpose(-2, -1)) / 2);

        private Tensor WithoutSome(Tensor rotations)
        {
            var (factors, blocks, size) = (rotations.shape[0], rotations.shape[1], rotations.shape[2]);
            var factor = arange(factors).eq(randint(0, factors, 1)).reshape(-1, 1);
            var dropped = randperm(blocks).lt((long)(_dropout * blocks)).logical_and(factor).to(rotations.device);
            return where(dropped.unsqueeze(2).unsqueeze(3), eye(size, dtype: rotations.dtype, device: rotations.device), rotations);
        }

        private static Tensor Turn(Tensor rows, Tensor rotations, bool transposed)
        {
            var factors = (int)rotations.shape[0];
            for (var step = 0; step < factors; step++)
            {
                var factor = transposed ? step : factors - 1 - step;
                var blocks = rotations[factor];
                var (pieces, half) = (1L << factor, blocks.shape[^1] / 2);
                rows = factor == 0 ? rows : Transposed(rows, 2, pieces, half);
                rows = BlockDiagonal.Multiply(rows, transposed ? blocks.transpose(1, 2) : blocks);
                rows = factor == 0 ? rows : Transposed(rows, pieces, 2, half);
            }

            return rows;
        }

        /// <summary>Within each run of so many lines of so many pieces of half a block, the pieces column by column: P or Pᵀ, which
        /// takes every second piece to the front.</summary>
        private static Tensor Transposed(Tensor rows, long lines, long columns, long half) =>
            rows.reshape(-1, lines, columns, half).transpose(1, 2).reshape(rows.shape);
    }
}
