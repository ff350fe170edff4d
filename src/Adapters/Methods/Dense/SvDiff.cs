using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Options;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Methods.Dense;

/// <summary>SVDiff: the singular values of the weight are shifted, its singular vectors kept. Starts as the base, at no shift.</summary>
/// <remarks>
/// Section 3.2 of the paper; its shifts of weights of one dimension are left out. The decomposition, in float64, is made again when an
/// adapter is loaded: another machine may choose other signs, which cancel.
/// </remarks>
[AdapterMethod("svdiff",
    Source = "Han et al. 2023, arXiv:2303.11305",
    Equation = "W' = U·diag(relu(σ + scale·δ))·Vᵀ, with W = U·diag(σ)·Vᵀ",
    ParametersPerLayer = "min(in, out)",
    OperationsPerToken = "min(in, out) * (in + out)",
    OperationsToMerge = "min(in, out) * in * out",
    KeptPerLayer = "min(in, out) * (in + out + 1)")]
internal sealed class SvDiff : LayerMethod<SvDiff.Options>
{
    public sealed record Options : TargetOptions
    {
        /// <summary>What the shifts are multiplied by.</summary>
        [Range(0.0, 1e6), Mutable]
        public double Scale { get; init; } = 1;
    }

    protected override bool Adapts(Site site) => site is LinearSite or ConvolutionSite;

    protected override SiteAdapter Create(Attachment on, Target target, Options options) => new SpectralShift(target.Site, options.Scale);

    /// <summary>
    /// The difference of the shifted weight and the weight, as factors: all of the rank that there is, and still cheaper than to form
    /// it where there are fewer tokens than features.
    /// </summary>
    private sealed class SpectralShift : LowRankAdapter
    {
        private readonly Tensor _left; // U [out, k], k = min(in, out)
        private readonly Tensor _values; // σ [k]
        private readonly Tensor _right; // Vᵀ [k, in]
        private readonly Parameter _shift; // δ [k]
        private readonly double _step;

        public SpectralShift(Site site, double step) : base(site, scale: 1)
        {
            var (u, s, vt) = linalg.svd(site.Matrix(site.Weight).cpu().to(float64), fullMatrices: false);
            (_left, _values, _right) = (Remade("U", u), Remade("S", s), Remade("Vt", vt));
            _shift = Own("svdiff_shift", zeros_like(_values));
            _step = step;

            Tensor Remade(string part, Tensor value) => Keep($"svdiff_{part}", value.to(site.Weight.device), Keeping.Remade);
        }

        /// <summary>At no shift the difference is exactly zero.</summary>
        protected override (Tensor A, Tensor B) Factors() => (_right, _left * ((_values + _step * _shift).relu() - _values));
    }
}
