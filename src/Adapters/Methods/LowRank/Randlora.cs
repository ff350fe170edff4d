using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Options;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Methods.LowRank;

/// <summary>RandLoRA: a sum of random frozen low-rank updates, as many as make a full rank; their scales are trained.</summary>
/// <remarks>
/// Section 4 of the paper, with m the smaller and M the larger dimension of a layer, transposed where it has more inputs than outputs.
/// As in PEFT, P lists the bases within the ranks and Q the ranks within the bases. What is frozen is drawn in float32, not in
/// half precision as there, where its bits hang on the machine; so it is always saved. Starts as the base, because λ = 0.
/// </remarks>
[AdapterMethod("randlora",
    Source = "Albert et al. 2025, arXiv:2502.00987",
    Equation = "y = Wx + b + s·Q·P·drop(x), P of rows λ_rn·A_r ⊙ γ_n, n to ⌈m / r⌉, A and Q random, frozen, of all layers",
    ParametersPerLayer = "ceil(min(in, out) / rank) * (rank + min(in, out))",
    OperationsPerToken = "ceil(min(in, out) / rank) * rank * (in + out)",
    OperationsToMerge = "ceil(min(in, out) / rank) * rank * in * out",
    KeptShared = "rank * (min(in, out) + max(in, out) * ceil(min(in, out) / rank))",
    PeftType = "RANDLORA", PeftInert = ["init_weights", "save_projection"])]
internal sealed class Randlora : LayerMethod<Randlora.Options>
{
    public sealed record Options : TargetOptions
    {
        /// <summary>Rank r of each of the updates; the fewer, the more of them.</summary>
        [Range(1, 65536), PeftField("r")]
        public int Rank { get; init; } = 32;

        /// <summary>Numerator of the sum's scale.</summary>
        [Range(0.0, 1e6), Mutable, PeftField("randlora_alpha")]
        public double Alpha { get; init; } = 640;

        /// <summary>Share of the input that the update does not see in training.</summary>
        [Range(0.0, 0.99), Mutable, PeftField("randlora_dropout")]
        public double Dropout { get; init; }

        /// <summary>Seed of what is frozen, apart from that of the trial.</summary>
        [Range(0, int.MaxValue), PeftField("projection_prng_key")]
        public int ProjectionSeed { get; init; }

        /// <summary>Whether what is frozen is -1, 0 or 1 before it is scaled, two thirds of it 0.</summary>
        [PeftField("sparse")]
        public bool Sparse { get; init; }

        /// <summary>Whether it is, and all but 1 / √m of it 0.</summary>
        [PeftField("very_sparse")]
        public bool VerySparse { get; init; }
    }

    protected override SiteAdapter Create(Attachment on, Target target, Options options)
    {
        var frozen = new Lazy<(Tensor A, Tensor B)>(() => Draw(on, options));
        return new Update(target.Site, on.Share("randlora_A", Keeping.WithAdapter, () => frozen.Value.A),
            on.Share("randlora_B", Keeping.WithAdapter, () => frozen.Value.B), options);
    }

    private static int BasesOf(long smaller, int rank) => (int)((smaller + rank - 1) / rank);

    private static (Tensor A, Tensor B) Draw(Attachment on, Options options)
    {
        var (most, other) = (on.Adapted.Max(target => target.Site.Inputs), on.Adapted.Max(target => target.Site.Outputs));
        var (smaller, larger) = (Math.Min(most, other), Math.Max(most, other));
        using var generator = new Generator((ulong)options.ProjectionSeed, CPU);
        var a = Scaled(options.Rank, 1, smaller);
        return (a, Scaled(larger, BasesOf(smaller, options.Rank), options.Rank));

        Tensor Scaled(params long[] shape)
        {
            var drawn = empty(shape).uniform_(-1, 1, generator);
            if (options.VerySparse || options.Sparse)
            {
                var share = options.VerySparse ? 1 / Math.Sqrt(smaller) : 1 / 3.0; // of what is not 0
                drawn = drawn.sign() * drawn.abs().gt(1 - share).to(float32);
            }

            return (drawn / drawn.std()).to(on.Model.Device);
        }
    }

    private sealed class Update : LowRankAdapter
    {
        private readonly Tensor _a; // [rank, 1, largest m]
        private readonly Tensor _b; // [largest M, most bases, rank]
        private readonly Parameter _lambda; // [rank, bases]
        private readonly Parameter _gamma; // [bases, m]

        public Update(Site site, Tensor a, Tensor b, Options options) : base(site, options.Alpha / options.Rank, options.Dropout)
        {
            (_a, _b) = (a, b);
            var smaller = Math.Min(site.Inputs, site.Outputs);
            var bases = BasesOf(smaller, options.Rank);
            _lambda = Own("randlora_lambda", zeros(options.Rank, bases, device: a.device));
            _gamma = Own("randlora_gamma", full(bases, smaller, 1.0 / Math.Max(bases, smaller), dtype: float32, device: a.device));
        }

        protected override (Tensor A, Tensor B) Factors()
        {
            var (bases, smaller) = (_gamma.shape[0], _gamma.shape[1]);
            var p = (_lambda.unsqueeze(2) * _a.narrow(2, 0, smaller) * _gamma.unsqueeze(0)).flatten(0, 1); // [rank·bases, m]
            var q = _b.narrow(0, 0, Math.Max(Site.Inputs, Site.Outputs)).narrow(1, 0, bases).flatten(1); // [M, bases·rank]
            return Site.Inputs <= Site.Outputs ? (p, q) : (q.t(), p.t());
        }
    }
}
