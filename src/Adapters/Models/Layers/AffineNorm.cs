using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Layers;

/// <summary>Layer norm over the last dimension, or over the channels of an image <c>[batch, channels, height, width]</c>.</summary>
internal sealed class AffineNorm : Module<Tensor, Tensor>
{
    private readonly Parameter _weight; // [size]
    private readonly Parameter _bias; // [size]
    private readonly double _epsilon;
    private readonly bool _channelsFirst;

    public AffineNorm(long size, double epsilon, Device? device, bool channelsFirst = false) : base(nameof(AffineNorm))
    {
        (_epsilon, _channelsFirst) = (epsilon, channelsFirst);
        register_parameter("weight", _weight = Parameter(ones(size, device: device)));
        register_parameter("bias", _bias = Parameter(zeros(size, device: device)));
    }

    /// <param name="x"><c>[..., size]</c>, or <c>[batch, size, height, width]</c> with channels first.</param>
    public override Tensor forward(Tensor x)
    {
        if (!_channelsFirst)
            return functional.layer_norm(x, [_weight.shape[0]], _weight, _bias, _epsilon);
        using var scope = NewDisposeScope();
        var channelsLast = functional.layer_norm(x.permute(0, 2, 3, 1), [_weight.shape[0]], _weight, _bias, _epsilon);
        return channelsLast.permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    protected override void RegisterComponents() { }
}
