using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Options;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace Adapters.Methods.Orthogonal;

/// <summary>PSOFT: the weight's largest singular directions are rotated among themselves, and stretched, by a small trained matrix.
/// Starts as the base, because that matrix is the identity.</summary>
/// <remarks>
/// As PEFT has it, whose scale s only matters to half-precision numbers: B holds 1/s. What R means hangs on the signs that the
/// decomposition happens to choose, so A and B are kept beside our checkpoints; PEFT decomposes again.
/// </remarks>
[AdapterMethod("psoft",
    Source = "Wu et al. 2025, arXiv:2505.11235",
    Equation = "y = Wx + b + s·B(R - I)A·drop(x), s·BA the rank-r part of W, R = diag(b)(I + Q)(I - Q)⁻¹diag(a), Q = -Qᵀ",
    ParametersPerLayer = "rank * (rank - 1) / 2 + 2 * rank",
    OperationsPerToken = "rank * (in + out)",
    OperationsPerPass = "4 / 3 * rank * rank * rank + rank * rank * out",
    OperationsToMerge = "rank * in * out + 4 / 3 * rank * rank * rank + rank * rank * out",
    KeptPerLayer = "rank * (in + out)",
    PeftType = "PSOFT", PeftInert = ["init_weights"])]
internal sealed class Psoft : LayerMethod<Psoft.Options>
{
    public sealed record Options : TargetOptions
    {
        /// <summary>Number r of singular directions. PEFT's 32 is more than small layers have.</summary>
        [Range(1, 65536), PeftField("r")]
        public int Rank { get; init; } = 16;

        /// <summary>Numerator of the scale s = alpha / rank.</summary>
        [Range(1e-6, 1e6), PeftField("psoft_alpha")]
        public double Alpha { get; init; } = 32;

        /// <summary>Share of the input that the update does not see in training.</summary>
        [Range(0.0, 0.99), Mutable, PeftField("psoft_dropout")]
        public double Dropout { get; init; }

        /// <summary>Whether the singular values go into B, so that A's rows are orthonormal (psoft_init), or half into each factor
        /// (pissa_init).</summary>
        [AllowedValues("psoft_init", "pissa_init"), PeftField("ab_svd_init")]
        public string Init { get; init; } = "psoft_init";

        /// <summary>Whether the singular directions are computed exactly (full) or from a random projection (lowrank).</summary>
        [AllowedValues("full", "lowrank"), PeftField("psoft_svd")]
        public string Svd { get; init; } = "full";

        /// <summary>Power iterations of the random projection.</summary>
        [Range(0, 1000), PeftField("psoft_svd_lowrank_niter")]
        public int SvdIterations { get; init; } = 10;

        /// <summary>Seed of the random projection.</summary>
        [Range(0, int.MaxValue), PeftField("random_seed")]
        public int SvdSeed { get; init; }

        /// <summary>Whether R is a rotation but for its stretching; else it is any matrix.</summary>
        [PeftField("psoft_orth")]
        public bool Orthogonal { get; init; } = true;

        /// <summary>Whether R's columns are stretched.</summary>
        [PeftField("psoft_mag_a")]
        public bool StretchInputs { get; init; } = true;

        /// <summary>Whether R's rows are stretched.</summary>
        [PeftField("psoft_mag_b")]
        public bool StretchOutputs { get; init; } = true;

        /// <summary>Whether the rotation is made by a series, which is faster and nearly orthogonal, not by a linear solve.</summary>
        [PeftField("use_cayley_neumann")]
        public bool CayleyNeumann { get; init; }

        /// <summary>Terms of that series.</summary>
        [Range(1, 64), PeftField("num_cayley_neumann_terms")]
        public int CayleyNeumannTerms { get; init; } = 5;

        /// <summary>Frobenius norm beyond which Q is scaled back before it enters that series; never where absent.</summary>
        [Range(1e-12, 1e6), PeftField("cayley_neumann_eps")]
        public double? CayleyNeumannEps { get; init; }
    }

    protected override int? RankOf(Options options) => options.Rank;

    protected override SiteAdapter Create(Attachment on, Target target, Options options)
    {
        var (u, s, vt) = Triplets(target.Site.Weight.cpu().to(float32), options);
        var values = s.narrow(0, 0, options.Rank) / (options.Alpha / options.Rank);
        var (a, b) = (vt.narrow(0, 0, options.Rank), u.narrow(1, 0, options.Rank));
        (a, b) = options.Init == "psoft_init" ? (a, b * values) : (values.sqrt().unsqueeze(1) * a, b * values.sqrt());
        return new Subspace(target.Site, a.to(target.Site.Weight.device), b.to(target.Site.Weight.device), options);
    }

    /// <summary>
    /// Singular triplets with the signs that float32 on a CPU chooses, as PEFT has them. Where two values are near each other, float32
    /// leaves their directions open by far more than its rounding, differently on each machine; so those are computed in double precision.
    /// </summary>
    private static (Tensor U, Tensor S, Tensor Vt) Triplets(Tensor weight, Options options)
    {
        if (options.Svd != "full")
        {
            using var generator = new Generator((ulong)options.SvdSeed, CPU);
            return ProjectedSvd.Of(weight, options.Rank, options.SvdIterations, generator);
        }

        var single = linalg.svd(weight, fullMatrices: false);
        var (u, s, vt) = linalg.svd(weight.to(float64), fullMatrices: false);
        var signs = (vt * single.Vh.to(float64)).sum(dim: 1).sign();
        return ((u * signs).to(float32), s.to(float32), (signs.unsqueeze(1) * vt).to(float32));
    }

    private sealed class Subspace : LowRankAdapter
    {
        private readonly Options _options;
        private readonly Tensor _a;
        private readonly Tensor _b;
        private readonly Parameter _turn; // [rank·(rank-1)/2], or R itself
        private readonly Parameter? _rows;
        private readonly Parameter? _columns;

        public Subspace(Site site, Tensor a, Tensor b, Options options) : base(site, options.Alpha / options.Rank, options.Dropout)
        {
            var (rank, device) = (options.Rank, site.Weight.device);
            _options = options;
            _a = Keep("psoft_A", a.contiguous(), Keeping.Beside);
            _b = Keep("psoft_B", b.contiguous(), Keeping.Beside);
            _turn = Own("psoft_R.weight", options.Orthogonal ? zeros(rank * (rank - 1) / 2, device: device) : eye(rank, device: device));
            _rows = options.StretchOutputs ? Own("psoft_R.vector_b", ones(rank, device: device)) : null;
            _columns = options.StretchInputs ? Own("psoft_R.vector_a", ones(rank, device: device)) : null;
        }

        protected override (Tensor A, Tensor B) Factors()
        {
            var r = _options.Orthogonal ? Rotation() : _turn;
            if (_rows is not null)
                r = _rows.unsqueeze(1) * r;
            if (_columns is not null)
                r = r * _columns;
            return (_a, _b.matmul(r - eye(_options.Rank, device: r.device)));
        }

        private Tensor Rotation()
        {
            var skew = Cayley.Skew(_turn, _options.Rank);
            if (!_options.CayleyNeumann)
                return Cayley.Exact(-skew);
            if (_options.CayleyNeumannEps is { } most && skew.square().sum().sqrt() is var norm && norm.item<float>() > most)
                skew = skew * (most / norm);
            return Cayley.Series(skew, _options.CayleyNeumannTerms);
        }
    }
}
