using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Methods.Blocks;

/// <summary>SAM-Adapter: each block of the encoder is prompted with the image's high frequencies and its embedded patches.</summary>
/// <remarks>
/// Section 3.2 of the paper, with what the authors' code says of F_hf and of the layers. High frequencies are the image without the centred
/// square of its spectrum that holds <c>spectrum_share</c> of it. Tokens of no patch are not prompted. The authors' start, random
/// layers, is not the base; <c>zero_start</c> is. q·(3p² + h + 2) + h·(q + 1) parameters and q² + q a block, of patches of p² pixels.
/// </remarks>
[AdapterMethod("sam-adapter",
    Source = "Chen et al. 2023, arXiv:2304.09148",
    Equation = "block_i(x + U·GELU(L_i(F_hf + F_pe))), F_hf of the high frequencies, F_pe of the embedded patches",
    ParametersPerBlock = "width * width + width",
    ParametersShared = "width * (pixels + hidden + 2) + hidden * (width + 1)",
    StartsAt = "the base with prompts of random layers, unless zero_start is set",
    OperationsPerToken = "width * (pixels + hidden) + pixels * hidden",
    OperationsPerBlock = "width * (width + hidden)",
    OperationsPerPass = "4 * channels * area * log2(area)",
    CostRemark = "area is the image's height times width",
    CannotMerge = "it adds to what blocks see",
    Families = ["sam", "vit"])]
internal sealed class SamAdapter : AdapterMethod<SamAdapter.Options>
{
    public sealed record Options
    {
        /// <summary>Width q of the prompts before they are widened to the model's; a 32nd of that where absent.</summary>
        [Range(1, 65536)]
        public int? Width { get; init; }

        /// <summary>Share of the spectrum, around its lowest frequency, that the prompts do not see.</summary>
        [Range(0.0, 1.0)]
        public double SpectrumShare { get; init; } = 0.25;

        /// <summary>Whether U is zero at first, so that the start is the base.</summary>
        public bool ZeroStart { get; init; }
    }

    protected override void Attach(Attachment on, Options options)
    {
        var blocks = on.Model.Blocks;
        var width = options.Width ?? (int)Math.Max(1, blocks[0].Whole.Width / 32);
        on.Config["width"] = width;
        var source = new PromptSource(on, options, width);
        foreach (var (whole, feedForward) in blocks)
            on.Around(whole, () => new Prompt(whole, source, on.Model.LayoutOf(feedForward.Name)!, Fresh(on, width, width),
                isLast: whole == blocks[^1].Whole));
    }

    private static Tensor Fresh(Attachment on, long outputs, long inputs)
    {
        var weight = empty(outputs, inputs, device: on.Model.Device);
        FreshWeights.TruncatedNormal(weight, 0.02, on.Generator);
        return weight;
    }

    /// <summary>What the prompts of all blocks are made of, computed once a pass.</summary>
    private sealed class PromptSource
    {
        private readonly Site _patches;
        private readonly double _share;
        private readonly (Parameter Weight, Parameter Bias) _ofFrequencies, _ofPatches, _widened;
        private Tensor? _pixels, _features;

        public PromptSource(Attachment on, Options options, int width)
        {
            (_patches, _share) = (on.Model.PatchEmbedding!, options.SpectrumShare);
            _ofFrequencies = Layer("prompt_generator", width, _patches.Inputs);
            _ofPatches = Layer("embedding_generator", width, _patches.Outputs);
            _widened = Layer("shared_mlp", _patches.Outputs, width, options.ZeroStart);

            (Parameter, Parameter) Layer(string name, long outputs, long inputs, bool isZero = false) => (
                on.Share($"{name}.weight", () => isZero ? zeros(outputs, inputs, device: on.Model.Device) : Fresh(on, outputs, inputs)),
                on.Share($"{name}.bias", () => zeros(outputs, device: on.Model.Device)));
        }

        public void Begin(ModelInput input)
        {
            End();
            _pixels = input.Pixels;
        }

        /// <summary>The pass needs no more prompts.</summary>
        public void End()
        {
            _features?.Dispose();
            (_pixels, _features) = (null, null);
        }

        /// <summary>F_hf + F_pe <c>[batch, rows, columns, q]</c></summary>
        public Tensor Features => _features ??= Compute().DetachFromDisposeScope();

        /// <summary>U.</summary>
        public Tensor Widen(Tensor prompt) => functional.linear(prompt, _widened.Weight, _widened.Bias);

        private Tensor Compute()
        {
            var pixels = _pixels ?? throw new InvalidOperationException("The model began no pass.");
            var frequencies = _patches.Apply(
                HighFrequencies(pixels.to(_ofFrequencies.Weight.dtype), _share),
                _patches.Shape(_ofFrequencies.Weight),
                _ofFrequencies.Bias);
            var patches = _patches.call(pixels).to(_ofFrequencies.Weight.dtype).permute(0, 2, 3, 1);
            return frequencies.permute(0, 2, 3, 1) + functional.linear(patches, _ofPatches.Weight, _ofPatches.Bias);
        }
    }

    /// <summary>An image without its low frequencies, its sign dropped.</summary>
    /// <param name="image"><c>[..., height, width]</c></param>
    /// <param name="share">Area of the square that is cut out of the middle of the spectrum, of all of it.</param>
    internal static Tensor HighFrequencies(Tensor image, double share)
    {
        using var scope = NewDisposeScope();
        var (height, width) = (image.shape[^2], image.shape[^1]);
        var half = (long)(Math.Sqrt(share * height * width) / 2);
        var kept = ones(height, width, device: image.device);
        Middle(Middle(kept, 0, height), 1, width).zero_();
        var spectrum = fft.fft2(image) * fft.ifftshift(kept);
        return fft.ifft2(spectrum).real.abs().MoveToOuterDisposeScope();

        Tensor Middle(Tensor of, int axis, long size)
        {
            var start = Math.Max(0, (size / 2) - half);
            return of.narrow(axis, start, Math.Min(size, (size / 2) + half) - start);
        }
    }

    /// <summary>Adds a block's own prompt to what it sees.</summary>
    private sealed class Prompt : PartAdapter
    {
        private readonly PromptSource _source;
        private readonly SpatialLayout _layout;
        private readonly bool _isLast;
        private readonly Parameter _weight; // [q, q]
        private readonly Parameter _bias; // [q]

        public Prompt(ModelPart part, PromptSource source, SpatialLayout layout, Tensor weight, bool isLast) : base(part)
        {
            (_source, _layout, _isLast) = (source, layout, isLast);
            _weight = Own("lightweight_mlp.weight", weight);
            _bias = Own("lightweight_mlp.bias", zeros(_weight.shape[0], device: _weight.device));
        }

        public override void Begin(ModelInput input) => _source.Begin(input);

        public override Tensor Forward(Tensor x, Func<Tensor, Tensor> bare)
        {
            using var scope = NewDisposeScope();
            var prompt = _source.Widen(functional.gelu(functional.linear(_source.Features, _weight, _bias))); // [batch, rows, columns, h]
            if (_isLast)
                _source.End();
            if (_layout.Tokens)
                prompt = functional.pad(prompt.flatten(1, 2), [0, 0, _layout.Prefix, 0]);
            return bare(x + prompt.to(x.dtype)).MoveToOuterDisposeScope();
        }
    }
}
