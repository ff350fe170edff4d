using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Layers;

/// <summary>Root-mean-square norm over the last dimension: <c>x / √(mean(x²) + ε) · w</c>, the quotient in float32.</summary>
/// <remarks>Zhang and Sennrich 2019, arXiv:1910.07467.</remarks>
internal sealed class RmsNorm : Module<Tensor, Tensor>
{
    private readonly Parameter _weight; // [hidden]
    private readonly double _epsilon;

    public RmsNorm(long size, double epsilon, Device? device) : base(nameof(RmsNorm))
    {
        _epsilon = epsilon;
        _weight = Parameter(ones(size, device: device));
        register_parameter("weight", _weight);
    }

    /// <summary>What is added to w while it is set, <c>[hidden]</c>.</summary>
    public Func<Tensor>? Shift { get; set; }

    /// <param name="x"><c>[..., hidden]</c></param>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var wide = x.to(Precision.Of(x));
        var scale = (wide.square().mean([-1], keepdim: true) + _epsilon).rsqrt(); // [..., 1]
        var weight = Shift is null ? _weight : (_weight + Shift()).to(_weight.dtype);
        return ((wide * scale).to(x.dtype) * weight).MoveToOuterDisposeScope();
    }

    protected override void RegisterComponents() { }
}
