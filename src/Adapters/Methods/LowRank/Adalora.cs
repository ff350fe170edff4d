using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Options;
using static TorchSharp.torch;

namespace Adapters.Methods.LowRank;

/// <summary>AdaLoRA: the update as a singular value decomposition, whose values are cut while it trains where they matter least, so that
/// layers get ranks by need.</summary>
/// <remarks>
/// Section 3 of the paper. As in PEFT, ε = 1e-5, the scale stays that of the first rank, and the loss gains the mean over all factors of
/// ‖AAᵀ - I‖ and ‖BᵀB - I‖ (norms, not their squares). Sensitivity is that to the gradient before it is clipped. What is cut stays in
/// the files, as zeros. Starts as the base, because E = 0.
/// </remarks>
[AdapterMethod("adalora",
    Source = "Zhang et al. 2023, arXiv:2303.10512",
    Equation = "y = Wx + b + s·B(E ⊙ (A·drop(x))), s = alpha / (rank + ε), entries of E cut to a falling budget of ranks",
    ParametersPerLayer = "rank * (in + out + 1)",
    OperationsPerToken = "rank * (in + out)",
    OperationsToMerge = "rank * in * out",
    KeptPerLayer = "1",
    PeftType = "ADALORA", PeftInert = ["r", "use_rslora", "init_lora_weights"])]
internal sealed class Adalora : LayerMethod<Adalora.Options>
{
    public sealed record Options : TargetOptions
    {
        /// <summary>Rank of each layer at first.</summary>
        [Range(1, 65536), PeftField("init_r")]
        public int Rank { get; init; } = 12;

        /// <summary>Mean rank of the layers at the end.</summary>
        [Range(0, 65536), PeftField("target_r")]
        public int TargetRank { get; init; } = 8;

        /// <summary>Numerator of the update's scale; the rank where it is 0.</summary>
        [Range(0.0, 1e6), Mutable, PeftField("lora_alpha")]
        public double Alpha { get; init; } = 8;

        /// <summary>Share of the input that the update does not see in training.</summary>
        [Range(0.0, 0.99), Mutable, PeftField("lora_dropout")]
        public double Dropout { get; init; }

        /// <summary>Steps at first in which no rank is cut.</summary>
        [Range(0, int.MaxValue), PeftField("tinit")]
        public int WarmupSteps { get; init; }

        /// <summary>Steps at the end in which the ranks stay.</summary>
        [Range(0, int.MaxValue), PeftField("tfinal")]
        public int SettledSteps { get; init; }

        /// <summary>Steps from one cut to the next.</summary>
        [Range(1, int.MaxValue), PeftField("deltaT")]
        public int Interval { get; init; } = 1;

        /// <summary>Decay of the mean sensitivity of the loss to each value.</summary>
        [Range(0.0, 1.0), Mutable, PeftField("beta1")]
        public double SensitivityBeta { get; init; } = 0.85;

        /// <summary>Decay of the mean change of that sensitivity.</summary>
        [Range(0.0, 1.0), Mutable, PeftField("beta2")]
        public double UncertaintyBeta { get; init; } = 0.85;

        /// <summary>Weight of the loss that asks for orthogonal factors.</summary>
        [Range(0.0, 1e6), Mutable, PeftField("orth_reg_weight")]
        public double OrthogonalityWeight { get; init; } = 0.5;

        /// <summary>Steps that the cuts are laid out for; those of the training where absent.</summary>
        [Range(1, int.MaxValue), PeftField("total_step")]
        public int? TotalSteps { get; init; }
    }

    protected override void Attach(Attachment on, Options options)
    {
        if (options.TargetRank > options.Rank)
            throw new AdapterException($"Option 'target_rank' of method 'adalora' is {options.TargetRank}, but must be at most the rank "
                + $"at first, {options.Rank}.");
        base.Attach(on, options);
    }

    protected override bool Adapts(Site site) => site is LinearSite or ConvolutionSite;

    protected override SiteAdapter Create(Attachment on, Target target, Options options) =>
        new Update(target.Site, options, on.Generator);

    protected override void Attached(Attachment on, IReadOnlyList<SiteAdapter> adapters, Options options)
    {
        var updates = adapters.Cast<Update>().ToList();
        on.Config["total_step"] = options.WarmupSteps + options.SettledSteps + 1; // PEFT demands one, though it trains no more
        var budget = new RankAllocation.Budget(options.TargetRank, options.WarmupSteps, options.SettledSteps, options.Interval,
            options.SensitivityBeta, options.UncertaintyBeta, options.TotalSteps);
        on.Stepped = new RankAllocation(on, [.. updates.Select(update => update.Triplets)], budget).Stepped;
        if (options.OrthogonalityWeight > 0)
            on.AddLoss(() => Skew(updates, options.OrthogonalityWeight));
    }

    /// <summary>How far the factors are from orthogonal ones.</summary>
    private static Tensor Skew(IReadOnlyList<Update> updates, double weight)
    {
        using var scope = NewDisposeScope();
        var identity = eye(updates[0].Triplets.A.shape[0], device: updates[0].Triplets.A.device);
        var norms = updates.SelectMany(update => new[]
        {
            (update.Triplets.A.matmul(update.Triplets.A.t()) - identity).norm(),
            (update.Triplets.B.t().matmul(update.Triplets.B) - identity).norm(),
        });
        return (stack([.. norms]).mean() * weight).MoveToOuterDisposeScope();
    }

    private sealed class Update : LowRankAdapter
    {
        private readonly Tensor _firstRank; // [1]

        public Update(Site site, Options options, Generator generator)
            : base(site, options.Alpha > 0 ? options.Alpha : options.Rank, options.Dropout)
        {
            var device = site.Weight.device;
            _firstRank = Keep("ranknum", full(1, options.Rank, dtype: float32, device: device), Keeping.Remade);
            Triplets = new(
                Own("lora_A", Narrow(options.Rank, site.Inputs)),
                Own("lora_E", zeros(options.Rank, 1, device: device)),
                Own("lora_B", Narrow(site.Outputs, options.Rank)));

            Tensor Narrow(long rows, long columns) => empty(rows, columns).normal_(0, 0.02, generator).to(device);
        }

        public RankAllocation.Triplets Triplets { get; }

        protected override (Tensor A, Tensor B) Factors() =>
            (Triplets.A * (Triplets.E / (_firstRank + 1e-5)), Triplets.B);
    }
}
