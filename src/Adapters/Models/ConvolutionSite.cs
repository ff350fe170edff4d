using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models;

/// <summary>A convolution of images.</summary>
public sealed class ConvolutionSite : Site
{
    /// <summary>Makes the layer with weights that are yet to be loaded or initialised.</summary>
    /// <param name="inputs">Number of input channels.</param>
    /// <param name="outputs">Number of output channels.</param>
    /// <param name="kernel">The kernel's size in pixels.</param>
    /// <param name="device">Where the weights lie.</param>
    /// <param name="hasBias">Whether the layer adds a bias.</param>
    public ConvolutionSite(long inputs, long outputs, (long Height, long Width) kernel, Device? device, bool hasBias = true)
        : base(nameof(ConvolutionSite))
    {
        Weight = Parameter(zeros(outputs, inputs, kernel.Height, kernel.Width, device: device));
        register_parameter("weight", Weight);
        if (hasBias)
            register_parameter("bias", Bias = Parameter(zeros(outputs, device: device)));
    }

    /// <summary>Pixels from one application to the next.</summary>
    public (long Vertical, long Horizontal) Stride { get; init; } = (1, 1);

    /// <summary>Zeros added on each side.</summary>
    public long Padding { get; init; }

    /// <summary>The weight <c>[out, channels, height, width]</c>.</summary>
    public override Parameter Weight { get; }

    /// <inheritdoc/>
    public override Parameter? Bias { get; }

    /// <inheritdoc/>
    public override string Kind => "a convolution";

    /// <summary>Channels times pixels of the kernel.</summary>
    public override long Inputs => Weight.shape[1] * Weight.shape[2] * Weight.shape[3];

    /// <inheritdoc/>
    public override long Outputs => Weight.shape[0];

    /// <param name="x"><c>[batch, channels, height, width]</c></param>
    /// <param name="weight"><c>[any, channels, kernel height, kernel width]</c></param>
    /// <param name="bias"><c>[any]</c> or null.</param>
    /// <returns><c>[batch, any, height, width]</c></returns>
    public override Tensor Apply(Tensor x, Tensor weight, Tensor? bias = null) =>
        functional.conv2d(x, weight, bias, [Stride.Vertical, Stride.Horizontal], [Padding, Padding]);

    /// <inheritdoc/>
    public override Tensor Matrix(Tensor weight) => weight.flatten(1);

    /// <inheritdoc/>
    public override Tensor Shape(Tensor matrix) => matrix.reshape([matrix.shape[0], .. Weight.shape[1..]]);

    /// <inheritdoc/>
    public override Tensor MixOutputs(Tensor h, Tensor matrix) => functional.conv2d(h, matrix.unsqueeze(2).unsqueeze(3));

    /// <inheritdoc/>
    public override Tensor OverOutputs(Tensor vector) => vector.reshape(1, -1, 1, 1);
}
