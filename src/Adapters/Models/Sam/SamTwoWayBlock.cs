using Adapters.Models.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Sam;

/// <summary>One two-way block: tokens attend to themselves and to the image, then the image to the tokens.</summary>
internal sealed class SamTwoWayBlock : Module
{
    /// <summary>By how much attention to or from the image is narrower than a token in a block. The published model fixes it:
    /// <see cref="SamDecoderConfig.Downsampling"/> is of the last attention alone.</summary>
    internal const int Downsampling = 2;

    private readonly SamTokenAttention _self, _toImage, _toTokens;
    private readonly AffineNorm _afterSelf, _afterImage, _afterFeedForward, _afterTokens;
    private readonly SamFeedForward _feedForward;
    private readonly bool _first;

    /// <param name="config">The decoder.</param>
    /// <param name="first">Whether it is block 0, whose self-attention has neither positions nor a residual.</param>
    /// <param name="device">Where the weights lie.</param>
    public SamTwoWayBlock(SamDecoderConfig config, bool first, Device? device) : base(nameof(SamTwoWayBlock))
    {
        _first = first;
        register_module("self_attn", _self = new SamTokenAttention(config, 1, device));
        register_module("layer_norm1", _afterSelf = new AffineNorm(config.Hidden, config.NormEpsilon, device));
        register_module("cross_attn_token_to_image", _toImage = new SamTokenAttention(config, Downsampling, device));
        register_module("layer_norm2", _afterImage = new AffineNorm(config.Hidden, config.NormEpsilon, device));
        _feedForward = new SamFeedForward(config.Hidden, config.Intermediate, config.Activation, device);
        register_module("mlp", _feedForward);
        register_module("layer_norm3", _afterFeedForward = new AffineNorm(config.Hidden, config.NormEpsilon, device));
        register_module("layer_norm4", _afterTokens = new AffineNorm(config.Hidden, config.NormEpsilon, device));
        register_module("cross_attn_image_to_token", _toTokens = new SamTokenAttention(config, Downsampling, device));
    }

    /// <param name="tokens"><c>[batch, tokens, hidden]</c></param>
    /// <param name="image"><c>[batch, pixels, hidden]</c></param>
    /// <param name="tokenPositions">The tokens' initial values, which serve as their positions.</param>
    /// <param name="imagePositions"><c>[1, pixels, hidden]</c></param>
    public (Tensor Tokens, Tensor Image) Run(Tensor tokens, Tensor image, Tensor tokenPositions, Tensor imagePositions)
    {
        using var scope = NewDisposeScope();
        var placedImage = image + imagePositions;
        if (_first)
            tokens = _self.call(tokens, tokens, tokens);
        else
        {
            var placed = tokens + tokenPositions;
            tokens = tokens + _self.call(placed, placed, tokens);
        }
        tokens = _afterSelf.call(tokens);
        tokens = _afterImage.call(tokens + _toImage.call(tokens + tokenPositions, placedImage, image));
        tokens = _afterFeedForward.call(tokens + _feedForward.call(tokens));
        image = _afterTokens.call(image + _toTokens.call(placedImage, tokens + tokenPositions, tokens));
        return (tokens.MoveToOuterDisposeScope(), image.MoveToOuterDisposeScope());
    }

    protected override void RegisterComponents() { }
}
