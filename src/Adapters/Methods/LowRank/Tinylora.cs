using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Options;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Methods.LowRank;

/// <summary>TinyLoRA: frozen factors from the weight's largest singular triplets; between them a random combination of few trained
/// numbers, which groups of layers share.</summary>
/// <remarks>
/// Section 4 of the paper. A = √S·Vᵀ and B = U·√S of the singular value decomposition in float32 on the CPU, as PEFT computes it; of
/// an embedding, that of its table [vocabulary, hidden]. P is drawn as PEFT draws it, by seed plus place among the layers.
/// </remarks>
[AdapterMethod("tinylora",
    Source = "Morris et al. 2026, arXiv:2602.04118",
    Equation = "y = Wx + b + B·(Σ v_i P_i)·A·drop(x), A and B from the SVD of W and P random, all frozen",
    ParametersPerLayer = "0",
    ParametersShared = "vector_size * max(1, round(layers * (1 - weight_tying)))",
    OperationsPerToken = "rank * (in + out + rank)",
    OperationsPerPass = "vector_size * rank * rank",
    OperationsToMerge = "rank * in * out + rank * rank * (out + vector_size)",
    KeptPerLayer = "rank * (in + out + vector_size * rank)",
    PeftType = "TINYLORA")]
internal sealed class Tinylora : LayerMethod<Tinylora.Options>
{
    public enum Start
    {
        Zeros,
        Uniform,
    }

    public sealed record Options : TargetOptions
    {
        /// <summary>Number r of singular triplets; all of a layer that has fewer.</summary>
        [Range(1, 65536), PeftField("r")]
        public int Rank { get; init; } = 2;

        /// <summary>Number of values that a group of layers trains.</summary>
        [Range(1, 65536), PeftField("u")]
        public int VectorSize { get; init; } = 64;

        /// <summary>How far layers share what is trained: from 0, each its own, to 1, one for all.</summary>
        [Range(0.0, 1.0), PeftField("weight_tying")]
        public double WeightTying { get; init; }

        /// <summary>Share of the input that the update does not see in training.</summary>
        [Range(0.0, 0.99), Mutable, PeftField("tinylora_dropout")]
        public double Dropout { get; init; }

        /// <summary>Seed of the random combinations, apart from that of the trial.</summary>
        [Range(0, int.MaxValue), PeftField("projection_seed")]
        public int ProjectionSeed { get; init; } = 42;

        /// <summary>Whether the random combinations are saved; where not, the seed gives them again.</summary>
        [PeftField("save_projection")]
        public bool SaveProjection { get; init; } = true;

        /// <summary>What is trained starts at zero, as the base, or evenly drawn.</summary>
        [PeftField("init_weights", True = "zeros", False = "zeros")]
        public Start Init { get; init; }

        /// <summary>Bound of what is evenly drawn.</summary>
        [Range(0.0, 1e6), PeftField("init_v_bound")]
        public double InitBound { get; init; } = 0.02;
    }

    protected override bool Adapts(Site site) => site is LinearSite or EmbeddingSite;

    protected override SiteAdapter Create(Attachment on, Target target, Options options)
    {
        var vector = on.Share($"tinylora_v.{GroupOf(target.Index, on.Adapted.Count, options.WeightTying)}", () =>
        {
            var start = zeros(options.VectorSize);
            if (options.Init == Start.Uniform)
                start.uniform_(-options.InitBound, options.InitBound, on.Generator);
            return start.to(on.Model.Device);
        });
        return new Update(target, vector, options);
    }

    /// <summary>Runs of equally many layers share, the last of them takes what is left over.</summary>
    internal static int GroupOf(int index, int layers, double tying)
    {
        var groups = (int)Math.Max(1, Math.Round(layers * (1 - tying)));
        return Math.Min(index / Math.Max(1, layers / groups), groups - 1);
    }

    private sealed class Update : LowRankAdapter
    {
        private readonly Parameter _vector; // [u]
        private readonly Tensor _a; // [rank, columns of the weight]
        private readonly Tensor _b; // [rows of the weight, rank]
        private readonly Tensor _combinations; // [u, rank, rank]

        public Update(Target target, Parameter vector, Options options) : base(target.Site, scale: 1, options.Dropout)
        {
            _vector = vector;
            var device = vector.device;
            var (u, s, vt) = linalg.svd(target.Site.Weight.cpu().to(float32), fullMatrices: false);
            var rank = Math.Min(options.Rank, s.shape[0]);
            var root = s.narrow(0, 0, rank).sqrt();
            _a = Keep("tinylora_A", (root.unsqueeze(1) * vt.narrow(0, 0, rank)).to(device), Keeping.WithAdapter);
            _b = Keep("tinylora_B", (u.narrow(1, 0, rank) * root).to(device), Keeping.WithAdapter);

            using var generator = new Generator((ulong)(options.ProjectionSeed + target.Index), CPU);
            var drawn = empty(options.VectorSize, rank, rank).normal_(0, 1, generator) / Math.Sqrt(rank);
            _combinations = Keep("tinylora_P", drawn.to(device), options.SaveProjection ? Keeping.WithAdapter : Keeping.Remade);
        }

        /// <summary>Factor by factor, which rounds less than one product beforehand would.</summary>
        public override Tensor Adapt(Tensor x, Tensor y)
        {
            using var scope = NewDisposeScope();
            var (a, between, b) = Parts();
            return Site.AddMixed(y, Site.MixOutputs(Down(x, a), between), b, Scale).MoveToOuterDisposeScope();
        }

        protected override (Tensor A, Tensor B) Factors()
        {
            var (a, between, b) = Parts();
            return (a, b.matmul(between));
        }

        /// <summary>An embedding's table is the transpose of its matrix.</summary>
        private (Tensor A, Tensor Between, Tensor B) Parts()
        {
            var between = _vector.matmul(_combinations.flatten(1)).view(_combinations.shape[1..]);
            return Site is EmbeddingSite ? (_b.t(), between.t(), _a.t()) : (_a, between, _b);
        }
    }
}
