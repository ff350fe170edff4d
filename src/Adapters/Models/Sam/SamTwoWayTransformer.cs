using Adapters.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Sam;

/// <summary>The two-way blocks and a last look of the tokens at the image.</summary>
internal sealed class SamTwoWayTransformer : Module
{
    private const double LastEpsilon = 1e-5; // the published model leaves this one norm at its framework's default
    private readonly ModuleList<SamTwoWayBlock> _layers;
    private readonly SamTokenAttention _last;
    private readonly AffineNorm _norm;

    public SamTwoWayTransformer(SamDecoderConfig config, Device? device) : base(nameof(SamTwoWayTransformer))
    {
        _layers = new([.. Enumerable.Range(0, config.Layers).Select(layer => new SamTwoWayBlock(config, layer == 0, device))]);
        register_module("layers", _layers);
        register_module("final_attn_token_to_image", _last = new SamTokenAttention(config, config.Downsampling, device));
        register_module("layer_norm_final_attn", _norm = new AffineNorm(config.Hidden, LastEpsilon, device));
    }

    /// <param name="tokens"><c>[batch, tokens, hidden]</c></param>
    /// <param name="image"><c>[batch, pixels, hidden]</c></param>
    /// <param name="imagePositions"><c>[1, pixels, hidden]</c></param>
    public (Tensor Tokens, Tensor Image) Run(Tensor tokens, Tensor image, Tensor imagePositions)
    {
        using var scope = NewDisposeScope();
        var tokenPositions = tokens;
        foreach (var layer in _layers)
            (tokens, image) = layer.Run(tokens, image, tokenPositions, imagePositions);
        tokens = _norm.call(tokens + _last.call(tokens + tokenPositions, image + imagePositions, image));
        return (tokens.MoveToOuterDisposeScope(), image.MoveToOuterDisposeScope());
    }

    protected override void RegisterComponents() { }
}
