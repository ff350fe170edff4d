using Adapters.Models.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Sam;

/// <summary>One block of the image encoder: attention within windows or over the whole grid, then feed-forward.</summary>
internal sealed class SamVisionBlock : Module<Tensor, Tensor>
{
    private readonly SamVisionAttention _attention;
    private readonly SamFeedForward _feedForward;
    private readonly AffineNorm _before, _after;
    private readonly long _window; // 0 = the whole grid

    /// <summary>What adapters can stand around.</summary>
    public ModelBlock Parts { get; }

    public SamVisionBlock(SamVisionConfig config, int block, Device? device) : base(nameof(SamVisionBlock))
    {
        Parts = ModelBlock.Of($"vision_encoder.layers.{block}", config.Hidden);
        _window = config.IsWindowed(block) ? config.Window : 0;
        register_module("layer_norm1", _before = new AffineNorm(config.Hidden, config.NormEpsilon, device));
        register_module("attn", _attention = new SamVisionAttention(config, block, device));
        register_module("layer_norm2", _after = new AffineNorm(config.Hidden, config.NormEpsilon, device));
        register_module("mlp", _feedForward = new SamFeedForward(config.Hidden, config.Intermediate, config.Activation, device));
    }

    /// <param name="x"><c>[batch, height, width, hidden]</c></param>
    public override Tensor forward(Tensor x) => Parts.Whole.Run(x, Compute);

    protected override void RegisterComponents() { }

    private Tensor Compute(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = x + (_window > 0 ? AttendInWindows(_before.call(x)) : _attention.call(_before.call(x)));
        return (x + Parts.FeedForward.Run(_after.call(x), _feedForward.call)).MoveToOuterDisposeScope();
    }

    /// <summary>Zeros fill the grid up to whole windows, on the right and below, and take part in the attention.</summary>
    private Tensor AttendInWindows(Tensor x)
    {
        var (batch, height, width, hidden) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3]);
        var (rows, columns) = ((height + _window - 1) / _window, (width + _window - 1) / _window);
        var padded = functional.pad(x, [0, 0, 0, (columns * _window) - width, 0, (rows * _window) - height]);
        var windows = padded.view(batch, rows, _window, columns, _window, hidden).transpose(2, 3)
            .reshape(batch * rows * columns, _window, _window, hidden);
        var attended = _attention.call(windows).view(batch, rows, columns, _window, _window, hidden).transpose(2, 3)
            .reshape(batch, rows * _window, columns * _window, hidden);
        return attended.narrow(1, 0, height).narrow(2, 0, width);
    }
}
