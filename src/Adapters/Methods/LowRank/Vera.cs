using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Options;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Methods.LowRank;

/// <summary>VeRA: LoRA with one pair of random frozen factors for all layers, of which each layer trains the scales only.</summary>
/// <remarks>
/// Section 3 of the paper. The factors are as large as the largest layer; the others see their first columns and rows. Drawn as
/// PEFT draws them, so that its seed gives its factors. Starts as the base, because λb = 0.
/// </remarks>
[AdapterMethod("vera",
    Source = "Kopiczko et al. 2023, arXiv:2310.11454",
    Equation = "y = Wx + b + λb ⊙ B(λd ⊙ A·drop(x)), A and B random, frozen and all layers'",
    ParametersPerLayer = "rank + out",
    OperationsPerToken = "rank * (in + out)",
    OperationsToMerge = "rank * in * out",
    KeptShared = "rank * (in + out)",
    PeftType = "VERA", PeftInert = ["init_weights"])]
internal sealed class Vera : LayerMethod<Vera.Options>
{
    public sealed record Options : TargetOptions
    {
        /// <summary>Inner dimension r of the update.</summary>
        [Range(1, 65536), PeftField("r")]
        public int Rank { get; init; } = 256;

        /// <summary>Share of the input that the update does not see in training.</summary>
        [Range(0.0, 0.99), Mutable, PeftField("vera_dropout")]
        public double Dropout { get; init; }

        /// <summary>What the scales λd between the factors start at.</summary>
        [Range(-1e6, 1e6), PeftField("d_initial")]
        public double DInitial { get; init; } = 0.1;

        /// <summary>Seed of the frozen factors, apart from that of the trial.</summary>
        [Range(0, int.MaxValue), PeftField("projection_prng_key")]
        public int ProjectionSeed { get; init; }

        /// <summary>Whether the frozen factors are saved; where not, the seed gives them again.</summary>
        [PeftField("save_projection")]
        public bool SaveProjection { get; init; } = true;
    }

    protected override SiteAdapter Create(Attachment on, Target target, Options options)
    {
        var keeping = options.SaveProjection ? Keeping.WithAdapter : Keeping.Remade;
        var factors = new Lazy<(Tensor A, Tensor B)>(() => Draw(on, options));
        return new Update(target.Site, on.Share("vera_A", keeping, () => factors.Value.A),
            on.Share("vera_B", keeping, () => factors.Value.B), options);
    }

    /// <summary>Uniform in ±√(6 / fan_in) (He et al. 2015, arXiv:1502.01852), A before B.</summary>
    private static (Tensor A, Tensor B) Draw(Attachment on, Options options)
    {
        using var generator = new Generator((ulong)options.ProjectionSeed, CPU);
        var a = Uniform(options.Rank, on.Adapted.Max(target => target.Site.Inputs));
        return (a, Uniform(on.Adapted.Max(target => target.Site.Outputs), options.Rank));

        Tensor Uniform(long rows, long columns)
        {
            var bound = Math.Sqrt(6.0 / columns);
            return empty(rows, columns).uniform_(-bound, bound, generator).to(on.Model.Device);
        }
    }

    private sealed class Update : LowRankAdapter
    {
        private readonly Tensor _a; // [rank, most inputs]
        private readonly Tensor _b; // [most outputs, rank]
        private readonly Parameter _inner;
        private readonly Parameter _outer;

        public Update(Site site, Tensor a, Tensor b, Options options) : base(site, scale: 1, options.Dropout)
        {
            (_a, _b) = (a, b);
            _inner = Own("vera_lambda_d", full(options.Rank, options.DInitial, dtype: float32, device: a.device));
            _outer = Own("vera_lambda_b", zeros(site.Outputs, device: a.device));
        }

        protected override (Tensor A, Tensor B) Factors() => (
            _a.narrow(1, 0, Site.Inputs) * _inner.unsqueeze(1),
            _b.narrow(0, 0, Site.Outputs) * _outer.unsqueeze(1));
    }
}
