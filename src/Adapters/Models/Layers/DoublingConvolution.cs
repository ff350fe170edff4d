using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Layers;

/// <summary>A transposed convolution that spreads each pixel over 2×2, so that height and width double.</summary>
internal sealed class DoublingConvolution : Module<Tensor, Tensor>
{
    private readonly Parameter _weight; // [in, out, 2, 2]
    private readonly Parameter _bias; // [out]

    public DoublingConvolution(long inputs, long outputs, Device? device) : base(nameof(DoublingConvolution))
    {
        register_parameter("weight", _weight = Parameter(zeros(inputs, outputs, 2, 2, device: device)));
        register_parameter("bias", _bias = Parameter(zeros(outputs, device: device)));
    }

    /// <param name="x"><c>[batch, in, height, width]</c></param>
    /// <returns><c>[batch, out, 2·height, 2·width]</c></returns>
    public override Tensor forward(Tensor x) => functional.conv_transpose2d(x, _weight, _bias, [2, 2]);

    protected override void RegisterComponents() { }
}
