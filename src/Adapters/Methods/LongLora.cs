using Adapters.Mechanisms;
using Adapters.Models;

namespace Adapters.Methods;

/// <summary>
/// LongLoRA: LoRA on all attention projections, trained norms and embeddings, positions interpolated to the target length,
/// and shifted sparse attention while training; full attention when evaluated.
/// </summary>
/// <remarks>
/// Sections 3.2 and 3.3 of the paper. Its "LoRA+" (norms and embeddings) is not the LoRA+ of two learning rates. Starts as
/// the base, its positions interpolated. Each layer adds 2r(h + Hd) + 2r(h + Kd) parameters. All but the updates is what any
/// method can be told (<see cref="LongContextParts"/>); this one is told so from the start.
/// </remarks>
[AdapterMethod("longlora",
    Source = "Chen et al. 2023, arXiv:2309.12307",
    Equation = "LoRA on q, k, v, o; norms and embeddings trained; attention within groups, half of the heads' shifted by half a group",
    ParametersPerLayer = "rank * (in + out)",
    OperationsPerToken = "rank * (in + out)",
    OperationsToMerge = "rank * in * out",
    Families = ["llama", "mistral", "qwen2"])]
internal sealed class LongLora : LayerMethod<LongLora.Options>
{
    public sealed record Options : Lora.LowRankOptions
    {
        public Options() => (Attention, InterpolatePositions, TrainNorms, TrainEmbeddings) =
            (TrainingAttention.Split, true, true, true);
    }

    protected override void Attach(Attachment on, Options options)
    {
        base.Attach(on, options);
        on.Config["peft_type"] = "LORA"; // what PEFT makes of it: the updates, without the sparse attention
    }

    protected override IReadOnlyList<string> DefaultTargets(BaseModel model) => model.AttentionTargets;

    protected override int? RankOf(Options options) => options.Rank;

    protected override SiteAdapter Create(Attachment on, Target target, Options options) => Lora.Fresh(on, target.Site, options);
}
