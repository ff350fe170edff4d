using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Options;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Methods.LowRank;

/// <summary>DeLoRA: a sum of r normalised rank-one updates, so that one trained number λ bounds how far the weight moves.</summary>
/// <remarks>
/// Section 3 of the paper, the inputs scaled by the lengths of the weight's columns as its code has it. Gradients flow through the
/// norms, which count as 1e-4 at least. Starts as the base, because B = 0; B's gradient is then ten thousand times that of later
/// steps, which a warm-up or a bound on its norm meets.
/// </remarks>
[AdapterMethod("delora",
    Source = "Bini et al. 2025, arXiv:2503.18225",
    Equation = "y = Wx + b + λ/r · Σ B_i A_i (n ⊙ drop(x)) / (‖A_i‖ ‖B_i‖), n the column norms of W",
    ParametersPerLayer = "rank * (in + out) + 1",
    OperationsPerToken = "rank * (in + out)",
    OperationsToMerge = "rank * in * out",
    KeptPerLayer = "in",
    PeftType = "DELORA", PeftInert = ["init_weights"])]
internal sealed class Delora : LayerMethod<Delora.Options>
{
    public sealed record Options : TargetOptions
    {
        /// <summary>Inner dimension r of the update.</summary>
        [Range(1, 65536), PeftField("r")]
        public int Rank { get; init; } = 8;

        /// <summary>What the trained bound λ starts at.</summary>
        [Range(0.0, 1e6), PeftField("delora_lambda")]
        public double Lambda { get; init; } = 15;

        /// <summary>Share of the input that the update does not see in training.</summary>
        [Range(0.0, 0.99), Mutable, PeftField("module_dropout")]
        public double Dropout { get; init; }
    }

    protected override SiteAdapter Create(Attachment on, Target target, Options options) =>
        new Update(target.Site, options, on.Generator);

    private sealed class Update : LowRankAdapter
    {
        private const double LeastNorm = 1e-4;

        private readonly Parameter _a; // [rank, in]
        private readonly Parameter _b; // [out, rank]
        private readonly Parameter _lambda; // [1]
        private readonly Tensor _columnNorms; // [in]

        public Update(Site site, Options options, Generator generator) : base(site, 1.0 / options.Rank, options.Dropout)
        {
            var device = site.Weight.device;
            _a = Own("delora_A", FreshFactor.KaimingUniform([options.Rank, site.Inputs], generator).to(device));
            _b = Own("delora_B", zeros(site.Outputs, options.Rank, device: device));
            _lambda = Own("delora_lambda", full(1, options.Lambda, dtype: float32, device: device));
            _columnNorms = Keep("delora_w_norm", site.Weight.to(site.Precision).square().sum(dim: 0).sqrt(), Keeping.WithAdapter);
        }

        protected override (Tensor A, Tensor B) Factors() =>
            (_a * _columnNorms, _b * (_lambda / (Norms(_a, dim: 1) * Norms(_b, dim: 0))));

        /// <summary>Held above zero before the root is taken, whose slope has no bound there.</summary>
        private static Tensor Norms(Tensor factor, long dim) =>
            factor.square().sum(dim: dim).clamp_min(LeastNorm * LeastNorm).sqrt();
    }
}
