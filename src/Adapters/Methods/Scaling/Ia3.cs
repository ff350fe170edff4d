using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Options;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace Adapters.Methods.Scaling;

/// <summary>IA³: each output of a layer is multiplied by a trained number, or each input in feed-forward layers. Starts as the base,
/// because the numbers are 1.</summary>
/// <remarks>
/// Section 3.3 of the paper. As in PEFT the bias is scaled with the outputs, and of a convolution the channels are scaled.
/// </remarks>
[AdapterMethod("ia3",
    Source = "Liu et al. 2022, arXiv:2205.05638",
    Equation = "y = l ⊙ (Wx + b), in feed-forward layers y = W(l ⊙ x) + b",
    ParametersPerLayer = "out",
    OperationsPerToken = "0",
    OperationsToMerge = "0",
    PeftType = "IA3", PeftInert = ["init_ia3_weights"])]
internal sealed class Ia3 : LayerMethod<Ia3.Options>
{
    public sealed record Options : TargetOptions
    {
        /// <summary>Target layers, by name or dotted end of it, whose inputs are scaled instead of their outputs.</summary>
        [PeftField("feedforward_modules")]
        public IReadOnlyList<string> FeedforwardModules { get; init; } = [];
    }

    protected override Options Completed(Attachment on, IReadOnlyList<Target> targets, Options options)
    {
        var names = targets.Select(target => target.Name).ToList();
        if (options.FeedforwardModules.FirstOrDefault(entry => !names.Exists(name => TargetModules.Means(entry, name))) is { } unknown)
            throw new AdapterException($"Option 'feedforward_modules' of method '{on.Method}' names '{unknown}', but no target layer is "
                + $"called that.{NearestName.Hint(unknown, names.Select(name => name[(name.LastIndexOf('.') + 1)..]))}");
        return options;
    }

    protected override bool Adapts(Site site) => site is LinearSite or ConvolutionSite;

    protected override SiteAdapter Create(Attachment on, Target target, Options options) =>
        options.FeedforwardModules.Any(name => TargetModules.Means(name, target.Name))
            ? new InputScale(target.Site)
            : new OutputScale(target.Site);

    private sealed class OutputScale : OutputTransform
    {
        private readonly Parameter _scale;

        public OutputScale(Site site) : base(site) => _scale = Own("ia3_l",
            ones(site is ConvolutionSite ? [1, site.Outputs, 1, 1] : [site.Outputs, 1], device: site.Weight.device));

        protected override Tensor Map(Tensor features) => features * _scale.flatten();
    }

    private sealed class InputScale : InputTransform
    {
        private readonly Parameter _scale;

        public InputScale(Site site) : base(site) => _scale = Own("ia3_l",
            ones(site is ConvolutionSite ? [1, site.Weight.shape[1], 1, 1] : [1, site.Inputs], device: site.Weight.device));

        /// <summary>By each channel's number all pixels beneath the kernel.</summary>
        protected override Tensor Map(Tensor rows, bool transposed) =>
            rows * _scale.flatten().repeat_interleave(rows.shape[^1] / _scale.numel());
    }
}
