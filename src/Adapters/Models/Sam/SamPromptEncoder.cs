using Adapters.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Sam;

/// <summary>
/// SAM's prompt encoder. Masks are decoded without prompts, so of its weights only <c>no_mask_embed</c> is used; the
/// others are kept so that a saved model is whole.
/// </summary>
internal sealed class SamPromptEncoder : Module
{
    private readonly TokenTable _noMask;

    public SamPromptEncoder(SamPromptConfig config, Device? device) : base(nameof(SamPromptEncoder))
    {
        var (hidden, wide) = (config.Hidden, config.MaskChannels);
        register_module("mask_embed", new Container(
            ("conv1", new ConvolutionSite(1, wide / 4, (2, 2), device)),
            ("conv2", new ConvolutionSite(wide / 4, wide, (2, 2), device)),
            ("conv3", new ConvolutionSite(wide, hidden, (1, 1), device)),
            ("layer_norm1", new AffineNorm(wide / 4, 1e-6, device, channelsFirst: true)),
            ("layer_norm2", new AffineNorm(wide, 1e-6, device, channelsFirst: true))));
        register_module("no_mask_embed", _noMask = new TokenTable(1, hidden, device));
        register_module("point_embed", new ModuleList<TokenTable>(
            [.. Enumerable.Range(0, config.Points).Select(_ => new TokenTable(1, hidden, device))]));
        register_module("not_a_point_embed", new TokenTable(1, hidden, device));
    }

    /// <summary>The dense prompt that stands for no mask <c>[1, hidden, 1, 1]</c>.</summary>
    public Tensor NoMask() => _noMask.Weight.view(1, -1, 1, 1);

    protected override void RegisterComponents() { }
}
