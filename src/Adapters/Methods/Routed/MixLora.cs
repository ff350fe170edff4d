using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Methods.Initialisations;
using Adapters.Models;
using Adapters.Options;

namespace Adapters.Methods.Routed;

/// <summary>MixLoRA: feed-forward parts as experts that share the base's weights and differ by LoRAs, plain LoRA in attention.</summary>
/// <remarks>
/// Section 3 of the paper and the authors' code, TUDB-Labs/MixLoRA. Each token is routed once a feed-forward part, not once a layer. The
/// imbalance counts the share of all choices, so that it is 1 where experts are used alike whatever top_k is; in the authors' code it is
/// top_k. Starts as the base, because B = 0.
/// </remarks>
[AdapterMethod("mixlora",
    Source = "Li et al. 2024, arXiv:2404.15159",
    Equation = "FFN(x) = Σ_e g_e·FFN(x; W + s·B_e A_e), g = softmax(R·x) of the k largest over their sum; LoRA on the attention's layers",
    ParametersPerLayer = "rank * (in + out) * (1 + mlp * (experts - 1))",
    ParametersPerBlock = "hidden * experts",
    CannotMerge = "its gates depend on the token")]
internal sealed class MixLora : LayerMethod<MixLora.Options>
{
    public sealed record Options : TargetOptions
    {
        /// <summary>Inner dimension r of an update.</summary>
        [Range(1, 65536)]
        public int Rank { get; init; } = 8;

        /// <summary>Numerator of the updates' scale, alpha / rank.</summary>
        [Range(0.0, 1e6), Mutable]
        public double Alpha { get; init; } = 16;

        /// <summary>Share of the input that the updates do not see in training.</summary>
        [Range(0.0, 0.99), Mutable]
        public double Dropout { get; init; }

        /// <summary>Number M of experts in a feed-forward part.</summary>
        [Range(1, 1024)]
        public int Experts { get; init; } = 8;

        /// <summary>How many of them each token goes to.</summary>
        [Range(1, 1024)]
        public int TopK { get; init; } = 2;

        /// <summary>Weight of the loss that asks for all experts to be used alike.</summary>
        [Range(0.0, 1e6), Mutable]
        public double BalanceWeight { get; init; } = 0.001;
    }

    /// <summary>Every layer of the blocks.</summary>
    protected override IReadOnlyList<string> DefaultTargets(BaseModel model) => model.Blocks.Count == 0 ? model.DefaultTargets
        : [.. model.Sites.Keys.Where(site => model.PlaceOf(site) is not null)];

    protected override int? RankOf(Options options) => options.Rank;

    protected override SiteAdapter Create(Attachment on, Target target, Options options)
    {
        var (site, experts, scale) = (target.Site, options.Experts, options.Alpha / options.Rank);
        if (options.TopK > experts)
            throw new AdapterException($"Option 'top_k' of method 'mixlora' is {options.TopK}, but there are {experts} experts.");
        var isRouted = on.Model.PlaceOf(target.Name) is { Part: "mlp" };
        var device = site.Weight.device;
        var start = new Kaiming().Of(site, options.Rank * (isRouted ? experts : 1), scale, on.Generator);
        var (a, b) = (start.A.to(device), start.B.to(device));
        if (!isRouted)
            return new LowRankDelta(site, a, b, scale, options.Dropout);
        var part = on.Model.Blocks[on.Model.PlaceOf(target.Name)!.Value.Block].FeedForward;
        var feedForward = on.Around(part, () => Routed(on, part, options));
        return new RoutedDelta(site, experts, a, b, scale, options.Dropout, _ => feedForward.Gates);
    }

    private static RoutedFeedForward Routed(Attachment on, ModelPart part, Options options)
    {
        var router = SoftmaxRouter.Fresh(part.Width, options.Experts, options.TopK, on.Model.Device, on.Generator);
        on.AddLoss(router.TakeImbalance, options.BalanceWeight);
        return new RoutedFeedForward(part, router);
    }
}
