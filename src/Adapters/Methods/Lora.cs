using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Methods.Initialisations;
using Adapters.Models;
using Adapters.Options;
using static TorchSharp.torch;

namespace Adapters.Methods;

/// <summary>LoRA: y = Wx + s·B(A·drop(x)) with W frozen and s = alpha / rank. Starts as the base, because BA = 0.</summary>
/// <remarks>Section 4.1 of the paper.</remarks>
[AdapterMethod("lora",
    Source = "Hu et al. 2021, arXiv:2106.09685",
    Equation = "y = Wx + b + s·B(A·drop(x)), s = alpha / rank",
    ParametersPerLayer = "rank * (in + out) + lora_bias * out",
    OperationsPerToken = "rank * (in + out)",
    OperationsToMerge = "rank * in * out",
    CostRemark = "with an init that takes the factors from the weight twice as many, and the first factors are held as well",
    PeftType = "LORA")]
internal sealed class Lora : LayerMethod<Lora.Options>
{
    public sealed record Options : LowRankOptions
    {
        /// <summary>Whether the update has a trained bias c of its own: y = Wx + b + s·(B(A·drop(x)) + c).</summary>
        [PeftField("lora_bias")]
        public bool LoraBias { get; init; }
    }

    /// <summary>The options of all methods whose update is LoRA's.</summary>
    public abstract record LowRankOptions : ScaledOptions
    {
        /// <summary>Numerator of the update's scale.</summary>
        [Range(0.0, 1e6), Mutable, PeftField("lora_alpha")]
        public override double Alpha { get; init; } = 16;

        /// <summary>Share of the input that the update does not see in training.</summary>
        [Range(0.0, 0.99), Mutable, PeftField("lora_dropout")]
        public double Dropout { get; init; }

        /// <summary>Whether the scale is alpha / √rank, steady at high ranks (Kalajdzievski 2023, arXiv:2312.03732).</summary>
        [PeftField("use_rslora")]
        public bool Rslora { get; init; }

        /// <summary>How the factors start; pissa and olora take them from the base's weight, lora-ga from the loss's gradient.</summary>
        [LowRankInitName, PeftField("init_lora_weights", True = "kaiming")]
        public string Init { get; init; } = "kaiming";

        /// <summary>Batches of training data whose gradient an init such as lora-ga looks at.</summary>
        [Range(1, 1_000_000)]
        public int InitBatches { get; init; } = 8;

        /// <summary>What the update is multiplied by.</summary>
        internal double Scale => Alpha / (Rslora ? Math.Sqrt(Rank) : Rank);
    }

    protected override bool Adapts(Site site) => true;

    protected override int? RankOf(Options options) => options.Rank;

    protected override SiteAdapter Create(Attachment on, Target target, Options options) =>
        options.LoraBias && target.Site is EmbeddingSite
            ? throw new AdapterException($"Option 'lora_bias' of method 'lora' is true, but must be false for {target.Name}: it is "
                + $"{target.Site.Kind}, to which no bias is added.")
            : Fresh(on, target.Site, options, options.LoraBias);

    private static LowRankStart Start(Attachment on, Site site, LowRankOptions options)
    {
        var init = LowRankInitNameAttribute.Find(options.Init);
        if (init is not IGradientInit byGradient)
            return init.Of(site, options.Rank, options.Scale, on.Generator);
        if (on.Context.IsRestored)
            return new(zeros(options.Rank, site.Inputs), zeros(site.Outputs, options.Rank), IsTakenFromWeight: true);
        if (on.Context.ProbeLoss is null)
            throw new AdapterException($"Option 'init' of method '{on.Method}' is {options.Init}, which looks at a task's batches, "
                + "but there is no task.");
        return byGradient.Of(site, options.Rank, options.Scale, on.GradientOf(site, options.InitBatches));
    }

    /// <summary>A fresh update, which is zero.</summary>
    internal static LowRankDelta Fresh(Attachment on, Site site, LowRankOptions options, bool hasBias = false)
    {
        var start = Start(on, site, options);
        var (a, b) = (start.A.to(site.Weight.device), start.B.to(site.Weight.device));
        return new LowRankDelta(site, a, b, options.Scale, options.Dropout, start.IsTakenFromWeight, hasBias);
    }
}
