using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Models.Causal;
using Adapters.Options;

namespace Adapters.Methods;

/// <summary>
/// LongLoRA: LoRA on all attention projections, trained norms and embeddings, positions interpolated to the target length,
/// and shifted sparse attention while training; full attention when evaluated.
/// </summary>
/// <remarks>
/// Sections 3.2 and 3.3 of the paper. Its "LoRA+" (norms and embeddings) is not the LoRA+ of two learning rates. Starts as
/// the base, its positions interpolated. Each layer adds 2r(h + Hd) + 2r(h + Kd) parameters.
/// </remarks>
[AdapterMethod("longlora",
    Source = "Chen et al. 2023, arXiv:2309.12307",
    Equation = "LoRA on q, k, v, o; norms and embeddings trained; attention within groups, half of the heads' shifted by half a group",
    ParametersPerLayer = "rank * (in + out)",
    Families = ["llama", "mistral", "qwen2"])]
internal sealed class LongLora : AdapterMethod<LongLora.Options>
{
    public enum TrainingAttention
    {
        Split,
        Wrap,
        Full,
    }

    public sealed record Options : TargetOptions
    {
        /// <summary>Inner dimension r of the updates.</summary>
        [Range(1, 65536), PeftField("r")]
        public int Rank { get; init; } = 8;

        /// <summary>Numerator of the updates' scale, alpha / rank.</summary>
        [Range(0.0, 1e6), Mutable, PeftField("lora_alpha")]
        public double Alpha { get; init; } = 16;

        /// <summary>Share of the input that the updates do not see in training.</summary>
        [Range(0.0, 0.99), Mutable, PeftField("lora_dropout")]
        public double Dropout { get; init; }

        /// <summary>
        /// Attention while training: shifted groups cut at the ends, wrapped around them (early positions then see the end; for
        /// comparison only), or full attention.
        /// </summary>
        public TrainingAttention Attention { get; init; }

        /// <summary>Positions in a group, even; a quarter of the target length where absent.</summary>
        [Range(2, 1_000_000)]
        public int? Group { get; init; }

        /// <summary>Whether the norms are trained.</summary>
        public bool TrainNorms { get; init; } = true;

        /// <summary>Whether the token embeddings are trained.</summary>
        public bool TrainEmbeddings { get; init; } = true;
    }

    protected override void Attach(Attachment on, Options options)
    {
        var model = (CausalModel)on.Model;
        var updates = new Lora.Options { Rank = options.Rank, Alpha = options.Alpha, Dropout = options.Dropout };
        foreach (var target in on.Targets(options, site => site is LinearSite, model.AttentionTargets))
        {
            on.CheckRank(target, options.Rank);
            on.Put(target.Name, Lora.Fresh(on, target.Site, updates));
        }

        on.Free(options.Bias);

        on.Free(name => (options.TrainNorms && name.Contains("norm", StringComparison.Ordinal))
            || (options.TrainEmbeddings && name.Contains("embed", StringComparison.Ordinal)));
        InterpolatePositions(on, model);
        if (options.Attention != TrainingAttention.Full)
            Sparsify(on, model, options);

        on.Config["peft_type"] = "LORA"; // what PEFT makes of it: the updates, without the sparse attention
    }

    /// <summary>Brings the target length within the pretrained one, unless the task has done so for all methods.</summary>
    private static void InterpolatePositions(Attachment on, CausalModel model)
    {
        var stretched = model.Architecture.RopeScaling is RopeScaling.Linear linear ? linear.Factor : 1;
        var reach = model.Architecture.MaxPositions * stretched;
        if (on.Context.TargetLength is not { } target || target <= reach)
            return;
        var before = model.Interpolation;
        on.While(() => model.ReachLength(target), () => model.InterpolatePositions(before));
    }

    private static void Sparsify(Attachment on, CausalModel model, Options options)
    {
        var target = on.Context.TargetLength ?? model.Architecture.MaxPositions;
        var group = options.Group ?? Math.Max(2, target / 8 * 2);
        var wraps = options.Attention == TrainingAttention.Wrap;
        if (model.Architecture.Heads % 2 != 0)
            throw new AdapterException(
                $"Method 'longlora' shifts half of the heads, but the base has {model.Architecture.Heads}.");
        if (group % 2 != 0)
            throw new AdapterException(
                $"Option 'group' of method 'longlora' is {group}, but must be even: groups shift by half of it.");
        if (wraps && target % group != 0)
            throw new AdapterException($"Option 'group' of method 'longlora' is {group}, which does not divide the length "
                + $"{target}; groups that wrap around must.");
        if (model.Architecture.Window < group)
            throw new AdapterException($"Option 'group' of method 'longlora' is {group}, but the base's sliding window is only "
                + $"{model.Architecture.Window} positions.");

        var attention = new ShiftedSparseAttention(group, wraps ? ShiftEnds.Wrap : ShiftEnds.Split);
        on.While(() => model.TrainingAttention = attention, () => model.TrainingAttention = null);
    }
}
