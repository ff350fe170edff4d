using Adapters.Mechanisms;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models;

/// <summary>A linear layer of a base model to which an adapter can be attached: <c>y = xWᵀ + b</c>, then the adapter.</summary>
public sealed class LinearSite : Module<Tensor, Tensor>
{
    /// <summary>The weight <c>[out, in]</c>.</summary>
    public Parameter Weight { get; }

    /// <summary>The bias <c>[out]</c>, or null.</summary>
    public Parameter? Bias { get; }

    /// <summary>Makes the layer with weights that are yet to be loaded or initialised.</summary>
    /// <param name="inputs">Number of input features.</param>
    /// <param name="outputs">Number of output features.</param>
    /// <param name="hasBias">Whether the layer adds a bias.</param>
    /// <param name="device">Where the weights lie.</param>
    public LinearSite(long inputs, long outputs, bool hasBias, Device? device = null) : base(nameof(LinearSite))
    {
        Weight = Parameter(zeros(outputs, inputs, device: device));
        register_parameter("weight", Weight);
        if (hasBias)
            register_parameter("bias", Bias = Parameter(zeros(outputs, device: device)));
    }

    /// <summary>Number of input features.</summary>
    public long Inputs => Weight.shape[1];

    /// <summary>Number of output features.</summary>
    public long Outputs => Weight.shape[0];

    /// <summary>The attached adapter, or null. It is no submodule: the base's parameters stay the base's.</summary>
    public LinearAdapter? Adapter { get; set; }

    /// <param name="x"><c>[..., in]</c></param>
    /// <returns><c>[..., out]</c></returns>
    public override Tensor forward(Tensor x)
    {
        if (Adapter is null)
            return functional.linear(x, Weight, Bias);
        using var y = functional.linear(x, Weight, Bias);
        return Adapter.call(x, y);
    }
}
