using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Layers;

/// <summary>A convolution of images.</summary>
internal sealed class ImageConvolution : Module<Tensor, Tensor>
{
    private readonly Parameter _weight; // [out, in, height, width]
    private readonly Parameter? _bias; // [out]

    public ImageConvolution(long inputs, long outputs, (long Height, long Width) kernel, Device? device, bool hasBias = true)
        : base(nameof(ImageConvolution))
    {
        _weight = Parameter(zeros(outputs, inputs, kernel.Height, kernel.Width, device: device));
        register_parameter("weight", _weight);
        if (hasBias)
            register_parameter("bias", _bias = Parameter(zeros(outputs, device: device)));
    }

    /// <summary>Pixels from one application to the next.</summary>
    public (long Vertical, long Horizontal) Stride { get; init; } = (1, 1);

    /// <summary>Zeros added on each side.</summary>
    public long Padding { get; init; }

    /// <param name="x"><c>[batch, in, height, width]</c></param>
    /// <returns><c>[batch, out, height, width]</c></returns>
    public override Tensor forward(Tensor x) =>
        functional.conv2d(x, _weight, _bias, [Stride.Vertical, Stride.Horizontal], [Padding, Padding]);

    protected override void RegisterComponents() { }
}
