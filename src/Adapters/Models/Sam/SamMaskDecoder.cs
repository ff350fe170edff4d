using Adapters.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Sam;

/// <summary>SAM's mask decoder, without sparse prompts.</summary>
internal sealed class SamMaskDecoder : Module
{
    private const double UpscalingEpsilon = 1e-6; // whatever the config says, as in the reference
    private readonly TokenTable _judgeToken, _maskTokens;
    private readonly SamTwoWayTransformer _transformer;
    private readonly DoublingConvolution _firstUpscaling, _secondUpscaling;
    private readonly AffineNorm _upscalingNorm;
    private readonly ModuleList<SamPerceptron> _hypernetworks;
    private readonly SamPerceptron _judge;

    public SamMaskDecoder(SamDecoderConfig config, Device? device) : base(nameof(SamMaskDecoder))
    {
        var hidden = config.Hidden;
        _hypernetworks = new([.. Enumerable.Range(0, config.MaskTokens)
            .Select(_ => new SamPerceptron(hidden, hidden, hidden / 8, depth: 3, device))]);
        _judge = new SamPerceptron(hidden, config.JudgeHidden, config.MaskTokens, config.JudgeDepth, device);
        register_module("iou_token", _judgeToken = new TokenTable(1, hidden, device));
        register_module("mask_tokens", _maskTokens = new TokenTable(config.MaskTokens, hidden, device));
        register_module("transformer", _transformer = new SamTwoWayTransformer(config, device));
        register_module("upscale_conv1", _firstUpscaling = new DoublingConvolution(hidden, hidden / 4, device));
        register_module("upscale_conv2", _secondUpscaling = new DoublingConvolution(hidden / 4, hidden / 8, device));
        _upscalingNorm = new AffineNorm(hidden / 4, UpscalingEpsilon, device, channelsFirst: true);
        register_module("upscale_layer_norm", _upscalingNorm);
        register_module("output_hypernetworks_mlps", _hypernetworks);
        register_module("iou_prediction_head", _judge);
    }

    /// <summary>Decodes masks.</summary>
    /// <param name="image">The image embedding with the dense prompt <c>[batch, hidden, rows, columns]</c>.</param>
    /// <param name="positions">The grid's position code <c>[1, hidden, rows, columns]</c>.</param>
    /// <param name="multimask">Whether to give the masks of the tokens behind the first, instead of the first's.</param>
    public SamMasks Run(Tensor image, Tensor positions, bool multimask)
    {
        using var scope = NewDisposeScope();
        var (batch, hidden, rows, columns) = (image.shape[0], image.shape[1], image.shape[2], image.shape[3]);
        var initial = cat([_judgeToken.Weight, _maskTokens.Weight], 0).unsqueeze(0).expand(batch, -1, -1);
        var (tokens, pixels) = _transformer.Run(initial, AsTokens(image), AsTokens(positions));

        var upscaled = _upscalingNorm.call(_firstUpscaling.call(pixels.transpose(1, 2).view(batch, hidden, rows, columns)));
        upscaled = functional.gelu(_secondUpscaling.call(functional.gelu(upscaled))); // [batch, hidden/8, 4·rows, 4·columns]

        var chosen = multimask ? Enumerable.Range(1, _hypernetworks.Count - 1) : [0];
        var filters = stack(chosen.Select(mask => _hypernetworks[mask].call(tokens.select(1, 1 + mask))), 1); // [batch, masks, hidden/8]
        var masks = filters.matmul(upscaled.flatten(2)).view(batch, -1, 4 * rows, 4 * columns);
        var scores = _judge.call(tokens.select(1, 0)); // [batch, all masks]
        scores = multimask ? scores.narrow(1, 1, scores.shape[1] - 1) : scores.narrow(1, 0, 1);
        return new SamMasks(masks.MoveToOuterDisposeScope(), scores.MoveToOuterDisposeScope());
    }

    protected override void RegisterComponents() { }

    /// <summary><c>[batch, channels, rows, columns]</c> to <c>[batch, rows·columns, channels]</c>.</summary>
    private static Tensor AsTokens(Tensor image) => image.flatten(2).transpose(1, 2);
}

/// <summary>Masks and how good the model thinks they are.</summary>
/// <param name="Logits"><c>[batch, masks, 4·rows, 4·columns]</c></param>
/// <param name="Scores">Predicted intersection over union <c>[batch, masks]</c>.</param>
public sealed record SamMasks(Tensor Logits, Tensor Scores);
