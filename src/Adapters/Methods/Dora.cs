using Adapters.Mechanisms;
using Adapters.Models;

namespace Adapters.Methods;

/// <summary>DoRA: the weight's direction is updated by LoRA, the length of each of its rows trained apart from it.</summary>
/// <remarks>
/// Section 4 of the paper; as there, no gradient flows through the norm that the direction is divided by. Starts as the base,
/// because the magnitudes start as those norms.
/// </remarks>
[AdapterMethod("dora",
    Source = "Liu et al. 2024, arXiv:2402.09353",
    Equation = "W' = m / ‖W + s·BA‖ ⊙ (W + s·BA), norms by rows",
    ParametersPerLayer = "rank * (in + out) + out",
    OperationsPerToken = "rank * (in + out)",
    OperationsPerPass = "rank * in * out + rank * rank * (in + out)",
    OperationsToMerge = "rank * in * out",
    KeptPerLayer = "out",
    HoldsConstant = "the norms that rows are divided by",
    PeftType = "LORA", PeftSwitch = "use_dora")]
internal sealed class Dora : LayerMethod<Dora.Options>
{
    public sealed record Options : Lora.LowRankOptions;

    protected override bool Adapts(Site site) => true;

    protected override int? RankOf(Options options) => options.Rank;

    protected override SiteAdapter Create(Attachment on, Target target, Options options) =>
        new MagnitudeAdapter(Lora.Fresh(on, target.Site, options));
}
