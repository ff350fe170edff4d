using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Methods.Initialisations;
using Adapters.Models;
using Adapters.Options;
using static TorchSharp.torch;

namespace Adapters.Methods;

/// <summary>
/// Conv-LoRA: LoRA whose bottleneck is also seen as a map by 3×3 convolutions at several scales, one chosen for each image.
/// </summary>
/// <remarks>
/// Section 3 of the paper, with what the authors' code adds: the GELU after each convolution, and gates that do not
/// scale the experts, so that only the balance loss trains them. The gate, routing and convolution are per window in
/// blocks that attend in windows. r·(in + out) + M·(9r² + r) + 2rM parameters a layer. Starts as the base, because B = 0.
/// </remarks>
[AdapterMethod("conv-lora",
    Source = "Zhong et al. 2024, arXiv:2401.17868",
    Equation = "y = Wx + b + s·B(h + z), h = A·drop(x), z = Down_e(GELU(Conv3x3_e(Up_e(h)))), e chosen by a gate on the mean of h",
    ParametersPerLayer = "rank * (in + out) + experts * (9 * rank * rank + rank) + 2 * rank * experts",
    OperationsPerToken = "rank * (in + out) + top_k * taps * rank * rank",
    OperationsPerPass = "rank * experts",
    CostRemark = "taps of an expert are " + ConvLora.TapsByScale,
    CannotMerge = "its convolutions look at the whole map, and each image is routed to its own",
    Families = ["sam", "vit"])]
internal sealed class ConvLora : AdapterMethod<ConvLora.Options>
{
    /// <summary>What a convolution multiplies at a place of the map by each of its weights, as costs are told.</summary>
    internal const string TapsByScale =
        "9 at scale 1, 36 at 2, 25 at other odd and 400 at other even ones; resizing comes on top";

    public record Options : ConvOptions
    {
        /// <summary>How many of them each image goes to.</summary>
        [Range(1, 64)]
        public int TopK { get; init; } = 1;

        /// <summary>How the outputs of several become one; with top_k 1 there is nothing to combine.</summary>
        public ExpertCombination Combine { get; init; }
    }

    /// <summary>The options of all methods whose bottleneck is seen by convolutions.</summary>
    public abstract record ConvOptions : TargetOptions
    {
        /// <summary>Inner dimension r of the update.</summary>
        [Range(1, 65536), PeftField("r")]
        public int Rank { get; init; } = 3;

        /// <summary>Numerator of the update's scale, alpha / rank.</summary>
        [Range(0.0, 1e6), Mutable, PeftField("lora_alpha")]
        public double Alpha { get; init; } = 32;

        /// <summary>Share of the input that the update does not see in training.</summary>
        [Range(0.0, 0.99), Mutable, PeftField("lora_dropout")]
        public double Dropout { get; init; }

        /// <summary>Number M of convolutions; the e-th works on the map enlarged e times.</summary>
        [Range(1, 64)]
        public int Experts { get; init; } = 8;

        /// <summary>Weight of the loss that asks for all convolutions to be used alike.</summary>
        [Range(0.0, 1e6), Mutable]
        public double BalanceWeight { get; init; } = 0.01;
    }

    protected override void Attach(Attachment on, Options options) => Attach(on, options, options.Combine, Router(on, options));

    /// <summary>Makes the gate that the options mean.</summary>
    internal static Func<IExpertRouter> Router(Attachment on, Options options)
    {
        on.CheckTopK(options.TopK, options.Experts);
        return () => NoisyTopKGate.Fresh(options.Rank, options.Experts, options.TopK, on.Model.Device);
    }

    /// <summary>Puts such updates on all targets.</summary>
    /// <param name="on">Takes them.</param>
    /// <param name="options">The options.</param>
    /// <param name="combine">How the outputs of several experts become one.</param>
    /// <param name="router">Makes a layer's gate.</param>
    /// <param name="windows">Makes the windows in which a layer's experts see the map; they see it whole where absent.</param>
    internal static void Attach(Attachment on, ConvOptions options, ExpertCombination combine, Func<IExpertRouter> router,
        Func<ShiftedWindows>? windows = null)
    {
        var deltas = new List<ConvLoraDelta>();
        foreach (var target in on.Targets(options, site => site is LinearSite))
        {
            on.CheckRank(target, options.Rank);
            deltas.Add(Fresh(on, target, options, combine, router(), windows?.Invoke()));
            on.Put(target.Name, deltas[^1]);
        }

        on.Free(options.Bias);
        on.AddLoss(() => Balance(deltas, options.BalanceWeight));
    }

    /// <summary>A fresh update, which is zero.</summary>
    internal static ConvLoraDelta Fresh(Attachment on, Target target, ConvOptions options, ExpertCombination combine,
        IExpertRouter router, ShiftedWindows? windows = null)
    {
        var (name, site, _) = target;
        var layout = on.Model.LayoutOf(name)
            ?? throw new AdapterException($"Method '{on.Method}' cannot adapt {name}: its input is no image.");
        var device = site.Weight.device;
        var start = new Kaiming().Of(site, options.Rank, scale: 1, on.Generator);
        var scales = ScaleExperts.Fresh(options.Experts, options.Rank, device, on.Generator);
        return new ConvLoraDelta(site, start.A.to(device), start.B.to(device), options.Alpha / options.Rank, options.Dropout,
            new GatedScales(router, scales, combine), layout, windows);
    }

    /// <summary>The term of the loss that asks for all convolutions to be used alike.</summary>
    internal static Tensor Balance(IEnumerable<ConvLoraDelta> deltas, double weight)
    {
        using var scope = NewDisposeScope();
        var imbalances = deltas.Select(delta => delta.Imbalance.Take()).ToArray();
        scope.Attach(imbalances);
        return (stack(imbalances).sum() * weight).MoveToOuterDisposeScope();
    }
}
