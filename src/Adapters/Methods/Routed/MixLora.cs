using Adapters.Mechanisms;
using Adapters.Methods.Initialisations;
using Adapters.Models;

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
    OperationsPerToken = "rank * (in + out) * (1 + mlp * (top_k * experts - 1)) + mlp * (top_k - 1) * in * out",
    OperationsPerBlock = "experts * hidden",
    CostRemark = "mlp is 1 in a feed-forward part, else 0",
    CannotMerge = "its gates depend on the token")]
internal sealed class MixLora : LayerMethod<MixLora.Options>
{
    public sealed record Options : RoutedOptions
    {
        public Options() => (Rank, Alpha, Experts, BalanceWeight) = (8, 16, 8, 0.001);
    }

    /// <summary>Every layer of the blocks.</summary>
    protected override IReadOnlyList<string> DefaultTargets(BaseModel model) => model.Blocks.Count == 0 ? model.DefaultTargets
        : [.. model.Sites.Keys.Where(site => model.PlaceOf(site) is not null)];

    protected override int? RankOf(Options options) => options.Rank;

    protected override SiteAdapter Create(Attachment on, Target target, Options options)
    {
        var (site, experts, scale) = (target.Site, options.Experts, options.Alpha / options.Rank);
        on.CheckTopK(options.TopK, experts);
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
        on.AddLoss(router.Imbalance.Take, options.BalanceWeight);
        return new RoutedFeedForward(part, router);
    }
}
