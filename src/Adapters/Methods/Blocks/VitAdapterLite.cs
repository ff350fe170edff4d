using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Methods.Blocks;

/// <summary>ViT-Adapter, light: features of convolutions and of a frozen transformer attend to each other, stage by stage.</summary>
/// <remarks>
/// Section 3 of the paper, with these differences: plain attention in place of deformable, the transformer stays frozen, the convolutions
/// have no batch norm, and the heads read the transformer's features alone, so that the last stage, which nothing would read, takes none
/// back. Starts as the base, because γ = 0; while it is, the output is the base's.
/// </remarks>
[AdapterMethod("vit-adapter-lite",
    Source = "Chen et al. 2022, arXiv:2205.08534",
    Equation = "a stage: F += γ·Attn(LN F, LN S); blocks; S += Attn(LN S, LN F); S += ConvFFN(LN S), S = convolutions at 1/8, 1/16, 1/32",
    ParametersShared = "9 * channels * stem_width + 243 * stem_width * stem_width + 12 * stem_width + 10 * stem_width * hidden"
        + " + 6 * hidden + stages * (4 * hidden * attention_width + 3 * attention_width + 6 * hidden)"
        + " + (stages - 1) * (4 * hidden * attention_width + 3 * attention_width + 8 * hidden"
        + " + 2 * hidden * feed_forward_width + 11 * feed_forward_width)",
    OperationsPerToken = "(2 * stages - 1) * 2 * attention_width * (hidden + places)",
    OperationsPerPass = "(2 * stages - 1) * 2 * attention_width * hidden * places"
        + " + (stages - 1) * feed_forward_width * (2 * hidden + 9) * places"
        + " + area * stem_width * (9 / 4 * channels + 81 / 64 * stem_width + 13 / 256 * hidden)",
    CostRemark = "area is the image's height times width, places = 21 / 1024 * area",
    CannotMerge = "it adds to what blocks see",
    Families = ["sam", "vit"])]
internal sealed class VitAdapterLite : AdapterMethod<VitAdapterLite.Options>
{
    public sealed record Options
    {
        /// <summary>Number of stages that the blocks are cut into; four, or as many as there are blocks, where absent.</summary>
        [Range(1, 1024)]
        public int? Stages { get; init; }

        /// <summary>Width of the first convolutions; those at 1/8 have twice, the coarser ones four times as many features.</summary>
        [Range(1, 4096)]
        public int StemWidth { get; init; } = 16;

        /// <summary>Width that attention is computed at; half of the model's where absent.</summary>
        [Range(1, 65536)]
        public int? AttentionWidth { get; init; }

        /// <summary>Heads of the attention, a divisor of its width.</summary>
        [Range(1, 1024)]
        public int Heads { get; init; } = 4;

        /// <summary>Width within the convolutional feed-forward network; a quarter of the model's where absent.</summary>
        [Range(1, 65536)]
        public int? FeedForwardWidth { get; init; }
    }

    protected override void Attach(Attachment on, Options options)
    {
        var blocks = on.Model.Blocks;
        var hidden = (int)blocks[0].Whole.Width;
        var stages = options.Stages ?? Math.Min(4, blocks.Count);
        var attention = options.AttentionWidth ?? Math.Max(1, hidden / 2);
        var feedForward = options.FeedForwardWidth ?? Math.Max(1, hidden / 4);
        if (stages > blocks.Count)
            throw new AdapterException(
                $"Option 'stages' of method 'vit-adapter-lite' is {stages}, but the base has only {blocks.Count} blocks.");
        if (attention % options.Heads != 0)
            throw new AdapterException($"Option 'heads' of method 'vit-adapter-lite' is {options.Heads}, "
                + $"but must divide the attention's width, {attention}.");
        (on.Config["stages"], on.Config["attention_width"], on.Config["feed_forward_width"]) = (stages, attention, feedForward);

        var widths = new SpatialPrior.Widths(hidden, options.StemWidth, attention, options.Heads, feedForward);
        var prior = new SpatialPrior(on, on.Model.PatchEmbedding!.Weight.shape[1], stages, widths);
        for (var stage = 0; stage < stages; stage++)
        {
            var (number, isLast) = (stage, stage == stages - 1);
            var first = blocks[stage * blocks.Count / stages].Whole;
            var last = blocks[((stage + 1) * blocks.Count / stages) - 1].Whole;
            on.Around(first, () => new Injector(first, prior, number));
            if (!isLast)
                on.Around(last, () => new Extractor(last, prior, number));
        }
    }

    /// <summary>Gives the features of the convolutions to the first block of a stage.</summary>
    private sealed class Injector(ModelPart part, SpatialPrior prior, int stage) : PartAdapter(part)
    {
        public override void Begin(ModelInput input) => prior.Begin(input.Pixels!);

        public override Tensor Forward(Tensor x, Func<Tensor, Tensor> bare)
        {
            using var injected = prior.Inject(stage, x);
            return bare(injected);
        }
    }

    /// <summary>Takes what the last block of a stage gives into the features of the convolutions.</summary>
    private sealed class Extractor(ModelPart part, SpatialPrior prior, int stage) : PartAdapter(part)
    {
        public override Tensor Forward(Tensor x, Func<Tensor, Tensor> bare)
        {
            var y = bare(x);
            prior.Extract(stage, y);
            return y;
        }
    }
}
