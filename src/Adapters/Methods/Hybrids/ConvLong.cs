using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Models.VisionLanguage;
using Adapters.Options;
using static TorchSharp.torch;

namespace Adapters.Methods.Hybrids;

/// <summary>
/// Conv-LoRA on what sees and LongLoRA on what reads, trained together: of a base whose language model reads an image's patches before
/// the text. Groups of attention run over patches and text.
/// </summary>
/// <remarks>
/// Both are what they are alone: without an image it is LongLoRA; with convolutions of zero, or none, LoRA in the image encoder. Told
/// to attend in full and to train neither norms nor embeddings, it is LoRA in the language model. While training, the end of the text
/// hears of what stands (L + 1) / 2 groups before it at most, L the language model's blocks: with few blocks a quarter of the length
/// is too small a group for an answer behind long text to hang on the image. Starts as the base, because B = 0.
/// With several pairs one gate weighs them for each prompt, in all layers alike, by what is embedded of image and text. The pairs are
/// trained together rather than read from other trials: each trial's projector speaks to its own language updates in its own way, and
/// there is no mean of two. Norms and embeddings belong to all pairs. The gate hears the whole prompt, so only what stands behind the
/// prompt may be asked for.
/// </remarks>
[AdapterMethod("conv-long",
    Source = "of Zhong et al. 2024, arXiv:2401.17868, and Chen et al. 2023, arXiv:2309.12307",
    Equation = "Conv-LoRA on the image encoder; LongLoRA on the language model, whose text stands behind the image's patches; "
        + "of N pairs y = Wx + b + Σ softmax([p; t]·W_g)_n·Δ_n(x), p the mean embedding of patches, t of tokens",
    ParametersPerLayer = "pairs * ((1 - image) * rank * (in + out) + image * (vision_rank * (in + out)"
        + " + experts * (9 * vision_rank * vision_rank + vision_rank) + 2 * vision_rank * experts))",
    ParametersShared = "less(1, pairs, pairs * (patch + token), 0)",
    OperationsPerToken = "pairs * ((1 - image) * rank * (in + out) + image * vision_rank * (in + out + top_k * taps * vision_rank))",
    OperationsPerPass = "pairs * image * vision_rank * experts",
    CostRemark = "image is 1 in the image encoder, else 0; taps of an expert are " + ConvLora.TapsByScale
        + ", as does the gate of several pairs, pairs * (patch + token) in a pass",
    CannotMerge = "the image encoder's convolutions look at the whole map, and each image is routed to its own",
    Families = [VisionLanguageModel.FamilyName])]
internal sealed class ConvLong : AdapterMethod<ConvLong.Options>
{
    public sealed record Options : TargetOptions
    {
        public Options() => (Attention, InterpolatePositions, TrainNorms, TrainEmbeddings) =
            (TrainingAttention.Split, true, true, true);

        /// <summary>Number N of pairs, an update of what sees and one of what reads, that a gate weighs for each prompt; 1 has no
        /// gate.</summary>
        [Range(1, 64)]
        public int Pairs { get; init; } = 1;

        /// <summary>Inner dimension of the updates in the language model.</summary>
        [Range(1, 65536), PeftField("r")]
        public int Rank { get; init; } = 8;

        /// <summary>Numerator of their scale, alpha / rank.</summary>
        [Range(0.0, 1e6), Mutable, PeftField("lora_alpha")]
        public double Alpha { get; init; } = 16;

        /// <summary>Inner dimension of the updates in the image encoder.</summary>
        [Range(1, 65536)]
        public int VisionRank { get; init; } = 3;

        /// <summary>Numerator of their scale, vision_alpha / vision_rank.</summary>
        [Range(0.0, 1e6), Mutable]
        public double VisionAlpha { get; init; } = 32;

        /// <summary>Share of the input that the updates do not see in training.</summary>
        [Range(0.0, 0.99), Mutable, PeftField("lora_dropout")]
        public double Dropout { get; init; }

        /// <summary>Number M of convolutions of a layer of the image encoder, of Conv-LoRA's scales; 0 leaves plain LoRA there.</summary>
        [Range(0, 64)]
        public int Experts { get; init; } = 8;

        /// <summary>How many of them each image goes to.</summary>
        [Range(1, 64)]
        public int TopK { get; init; } = 1;

        /// <summary>How the outputs of several become one; with top_k 1 there is nothing to combine.</summary>
        public ExpertCombination Combine { get; init; }

        /// <summary>Weight of the loss that asks for all convolutions, and pairs, to be used alike.</summary>
        [Range(0.0, 1e6), Mutable]
        public double BalanceWeight { get; init; } = 0.01;

        internal Lora.Options InLanguage => new() { Rank = Rank, Alpha = Alpha, Dropout = Dropout };

        internal Lora.Options InVision => new() { Rank = VisionRank, Alpha = VisionAlpha, Dropout = Dropout };

        internal ConvLora.Options Convolved =>
            new() { Rank = VisionRank, Alpha = VisionAlpha, Dropout = Dropout, Experts = Experts, TopK = TopK, Combine = Combine };
    }

    protected override void Attach(Attachment on, Options options)
    {
        var model = (VisionLanguageModel)on.Model;
        var convolved = new List<ConvLoraDelta>();
        var gate = options.Pairs > 1 ? Gate(on, model, options) : null;
        foreach (var target in on.Targets(options, site => site is LinearSite,
            [.. model.Vision.DefaultTargets, .. model.LanguageModel.AttentionTargets]))
        {
            var sees = model.LayoutOf(target.Name) is not null;
            on.CheckRank(target, sees ? options.VisionRank : options.Rank, sees ? "vision_rank" : "rank");
            LowRankDelta[] updates = [.. Enumerable.Range(0, options.Pairs).Select(_ => Fresh(on, target, sees, options))];
            convolved.AddRange(updates.OfType<ConvLoraDelta>());
            on.Put(target.Name, gate is null ? updates[0] : new GatedUpdates(target.Site, updates, () => gate.Gates));
        }

        on.Free(options.Bias);
        if (convolved.Count > 0)
            on.AddLoss(() => convolved.Exists(delta => delta.Imbalance.IsKept)
                ? ConvLora.Balance(convolved, options.BalanceWeight)
                : zeros([], device: model.Device)); // text without an image
        if (gate is not null)
            on.AddLoss(gate.Imbalance.Take, options.BalanceWeight);
    }

    private static LowRankDelta Fresh(Attachment on, Target target, bool sees, Options options) => sees && options.Experts > 0
        ? ConvLora.Fresh(on, target, options.Convolved, options.Combine, ConvLora.Router(on, options.Convolved)())
        : Lora.Fresh(on, target.Site, sees ? options.InVision : options.InLanguage);

    private static PromptGate Gate(Attachment on, VisionLanguageModel model, Options options)
    {
        var weight = on.Share("pair_gate.weight", () => zeros(PromptGate.FeaturesOf(model), options.Pairs, device: model.Device));
        var gate = new PromptGate(model, weight);
        on.While(() => model.Beginning = gate.Open, () =>
        {
            model.Beginning = null;
            gate.Release();
        });
        return gate;
    }
}
