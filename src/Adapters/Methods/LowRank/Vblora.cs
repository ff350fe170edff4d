using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Options;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Methods.LowRank;

/// <summary>VB-LoRA: the factors of all layers are pieced together of vectors from one trained bank, each piece a mixture of few.</summary>
/// <remarks>
/// Section 3 of the paper. A piece is the sum of the k vectors of its largest logits, weighed by the softmax of these. PEFT's form
/// for inference, which keeps these alone (<c>save_only_topk_weights</c>), is not read.
/// </remarks>
[AdapterMethod("vblora",
    Source = "Li et al. 2024, arXiv:2405.15179",
    Equation = "y = Wx + b + B(A·drop(x)), each piece of A and B = Σ over its top k of softmax(logits)·bank",
    ParametersPerLayer = "rank * num_vectors * (in + out) / vector_length",
    ParametersShared = "num_vectors * vector_length",
    PeftType = "VBLORA",
    OperationsPerToken = "rank * (in + out)",
    OperationsPerPass = "rank * num_vectors * (in + out)",
    OperationsToMerge = "rank * in * out + rank * num_vectors * (in + out)",
    StartsAt = "a small random update, made of the bank's first vectors")]
internal sealed class Vblora : LayerMethod<Vblora.Options>
{
    public sealed record Options : TargetOptions
    {
        /// <summary>Inner dimension r of the update.</summary>
        [Range(1, 65536), PeftField("r")]
        public int Rank { get; init; } = 4;

        /// <summary>Number of vectors in the bank.</summary>
        [Range(1, 65536), PeftField("num_vectors")]
        public int NumVectors { get; init; } = 256;

        /// <summary>Length of a vector, which divides all layers' inputs and outputs; the largest such up to 256 where absent.</summary>
        [Range(1, 65536), PeftField("vector_length")]
        public int? VectorLength { get; init; }

        /// <summary>Number k of vectors that a piece is mixed of.</summary>
        [Range(1, 65536), PeftField("topk")]
        public int Topk { get; init; } = 2;

        /// <summary>Share of the input that the update does not see in training.</summary>
        [Range(0.0, 0.99), Mutable, PeftField("vblora_dropout")]
        public double Dropout { get; init; }

        /// <summary>Bound of the bank's first values, drawn evenly.</summary>
        [Range(0.0, 1e6), PeftField("init_vector_bank_bound")]
        public double BankBound { get; init; } = 0.02;

        /// <summary>Standard deviation of the first logits.</summary>
        [Range(0.0, 1e6), PeftField("init_logits_std")]
        public double LogitsStd { get; init; } = 0.1;
    }

    protected override void Attach(Attachment on, Options options)
    {
        if (options.Topk > options.NumVectors)
            throw new AdapterException($"Option 'topk' of method 'vblora' is {options.Topk}, but must be at most the number of "
                + $"vectors, {options.NumVectors}.");
        base.Attach(on, options);
    }

    protected override SiteAdapter Create(Attachment on, Target target, Options options)
    {
        var length = LengthOf(on, options);
        var bank = on.Share("vblora_vector_bank", () => empty(options.NumVectors, length)
            .uniform_(-options.BankBound, options.BankBound, on.Generator).to(on.Model.Device));
        return new Update(target.Site, bank, options, on.Generator);
    }

    private static int LengthOf(Attachment on, Options options)
    {
        const int Most = 256;
        var features = on.Adapted.SelectMany(target => new[] { target.Site.Inputs, target.Site.Outputs }).Distinct().ToList();
        var fitting = Enumerable.Range(1, Most).Last(length => features.TrueForAll(count => count % length == 0));
        if (options.VectorLength is { } asked && features.Find(count => count % asked != 0) is not 0 and var unfit)
            throw new AdapterException($"Option 'vector_length' of method 'vblora' is {asked}, which does not divide a layer's {unfit} "
                + $"features; {fitting} divides those of all.");
        var length = options.VectorLength ?? fitting;
        on.Config["vector_length"] = length;
        return length;
    }

    private sealed class Update : LowRankAdapter
    {
        private readonly Parameter _bank; // [vectors, length]
        private readonly Parameter _a; // [rank, in / length, vectors]
        private readonly Parameter _b; // [out / length, rank, vectors]
        private readonly int _topk;

        public Update(Site site, Parameter bank, Options options, Generator generator) : base(site, scale: 1, options.Dropout)
        {
            (_bank, _topk) = (bank, options.Topk);
            var (vectors, length) = (bank.shape[0], bank.shape[1]);
            _a = Own("vblora_logits_A", Logits(options.Rank, site.Inputs / length));
            _b = Own("vblora_logits_B", Logits(site.Outputs / length, options.Rank));

            Tensor Logits(long rows, long columns) =>
                empty(rows, columns, vectors).normal_(0, options.LogitsStd, generator).to(bank.device);
        }

        protected override (Tensor A, Tensor B) Factors() => (
            Mixed(_a).flatten(1), // [rank, in / length, length] → [rank, in]
            Mixed(_b).transpose(1, 2).flatten(0, 1)); // [out / length, rank, length] → [out, rank]

        /// <summary>The weights of all vectors, most of them zero, times the bank: its gradient is then a product, whose order of
        /// summation is the same each time.</summary>
        private Tensor Mixed(Tensor logits)
        {
            var (largest, which) = logits.topk(_topk, dim: -1);
            return zeros_like(logits).scatter(-1, which, functional.softmax(largest, dim: -1)).matmul(_bank);
        }
    }
}
