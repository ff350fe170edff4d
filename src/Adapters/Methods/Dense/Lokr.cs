using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Options;
using static TorchSharp.torch;

namespace Adapters.Methods.Dense;

/// <summary>
/// LoKr: the update is the Kronecker product of a small matrix and a larger one, which is a product of rank r where that is
/// smaller. Starts as the base, because one factor is zero.
/// </summary>
/// <remarks>
/// Section 3 of the paper, which is LyCORIS's. As in its code, a dimension is split into the two factors nearest its square root,
/// and the scale is alpha / rank even where no matrix is of rank r.
/// </remarks>
[AdapterMethod("lokr",
    Source = "Yeh et al. 2023, arXiv:2309.14859",
    Equation = "y = Wx + b + s·(W₁ ⊗ W₂)x, W₂ = AB, s = alpha / rank",
    ParametersPerLayer = "divisor(out, sqrt(out)) * divisor(in, sqrt(in)) + "
        + "less(rank, max(out / divisor(out, sqrt(out)), in / divisor(in, sqrt(in))) / 2, "
        + "rank * (out / divisor(out, sqrt(out)) + in / divisor(in, sqrt(in))), "
        + "out / divisor(out, sqrt(out)) * in / divisor(in, sqrt(in)))",
    OperationsPerToken = "in * out",
    OperationsPerPass = "less(rank, max(out / divisor(out, sqrt(out)), in / divisor(in, sqrt(in))) / 2, rank, 0)"
        + " * out / divisor(out, sqrt(out)) * in / divisor(in, sqrt(in))",
    OperationsToMerge = "less(rank, max(out / divisor(out, sqrt(out)), in / divisor(in, sqrt(in))) / 2, rank, 0)"
        + " * out / divisor(out, sqrt(out)) * in / divisor(in, sqrt(in))",
    PeftType = "LOKR")]
internal sealed class Lokr : LayerMethod<Lokr.Options>
{
    public sealed record Options : LycorisOptions
    {
        /// <summary>Whether the small matrix is of rank r, too, where that is smaller.</summary>
        [PeftField("decompose_both")]
        public bool DecomposeBoth { get; init; }

        /// <summary>Size of the small matrix where it divides a dimension, else its upper limit; -1 for next to the root.</summary>
        [Range(-1, 65536), PeftField("decompose_factor")]
        public int DecomposeFactor { get; init; } = -1;

        /// <summary>Whether the outputs that rank_dropout leaves get more of the update, to make up for the others.</summary>
        [PeftField("rank_dropout_scale")]
        public bool RankDropoutScale { get; init; }

        /// <summary>Which matrix starts at zero: the small one (left) or, as in LyCORIS, the larger (lycoris).</summary>
        [AllowedValues("left", "lycoris"), PeftField("init_weights", True = "left", False = "left")]
        public string Init { get; init; } = "left";
    }

    protected override bool Adapts(Site site) => site is LinearSite or ConvolutionSite;

    protected override SiteAdapter Create(Attachment on, Target target, Options options) =>
        new KroneckerDelta(target.Site, options, on.Generator);

    /// <summary>Splits a dimension in two: the factor wished for first if it divides, else the two nearest the root.</summary>
    internal static (long Small, long Large) Split(long dimension, long wished)
    {
        if (wished > 0 && dimension % wished == 0)
            return (wished, dimension / wished);
        var small = wished < 0 ? dimension : Math.Max(1, wished);
        small = Math.Min(small, (long)Math.Sqrt(dimension));
        while (dimension % small != 0)
            small--;
        return (small, dimension / small);
    }

    private sealed class KroneckerDelta : DenseDelta
    {
        private readonly double _scale;
        private readonly Func<Tensor> _left;
        private readonly Func<Tensor> _right;

        public KroneckerDelta(Site site, Options options, Generator generator)
            : base(site, thinning: new DeltaDropout(options.RankDropout, options.RankDropoutScale, options.ModuleDropout))
        {
            _scale = options.Scale;
            var (channels, kernel) = LycorisOptions.ShapeOf(site);
            var (rows, columns) = (Split(site.Outputs, options.DecomposeFactor), Split(channels, options.DecomposeFactor));
            var startsLeft = options.Init == "left";

            _left = options.DecomposeBoth && IsSmaller(rows.Small, columns.Small)
                ? Factored(1, rows.Small, columns.Small, (1, 1), a => startsLeft ? zeros_like(a) : a, b => b)
                : Whole("lokr_w1", startsLeft, [rows.Small, columns.Small]);
            _right = IsSmaller(rows.Large, columns.Large)
                ? Factored(2, rows.Large, columns.Large, kernel, a => a, b => startsLeft ? b : zeros_like(b))
                : Whole("lokr_w2", !startsLeft, site is ConvolutionSite
                    ? [rows.Large, columns.Large, kernel.Height, kernel.Width]
                    : [rows.Large, columns.Large]);

            bool IsSmaller(long outputs, long inputs) => 2 * options.Rank < Math.Max(outputs, inputs);

            Func<Tensor> Whole(string key, bool isZero, long[] shape)
            {
                var whole = Train(key, isZero ? zeros(shape) : FreshFactor.KaimingUniform(shape, generator));
                return () => whole.flatten(1);
            }

            Func<Tensor> Factored(int place, long outputs, long inputs, (long, long) of, Func<Tensor, Tensor> a, Func<Tensor, Tensor> b)
            {
                var fresh = FactoredMatrix.Fresh(outputs, inputs, of, options.Rank, options.EffectiveConv2d, generator);
                return new FactoredMatrix(
                    Train($"lokr_w{place}_a", a(fresh.A)),
                    Train($"lokr_w{place}_b", b(fresh.B)),
                    fresh.Core is null ? null : Train($"lokr_t{place}", fresh.Core)).Product;
            }
        }

        /// <summary>Pixels are the last of the columns of a convolution's matrix, and so of its larger factor's.</summary>
        public override Tensor Delta() => kron(_left(), _right()) * _scale;
    }
}
