using Adapters.Mechanisms;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models;

/// <summary>A linear layer of a base model to which an adapter can be attached: <c>y = xWᵀ + b</c>, then the adapter.</summary>
public sealed class LinearSite : Module<Tensor, Tensor>
{
    /// <summary>The weight <c>[out, in]</c>.</summary>
    public Parameter Weight { get; private set; }

    /// <summary>The bias <c>[out]</c>, or null.</summary>
    public Parameter? Bias { get; }

    /// <summary>
    /// Whether the weight is another layer's (an output layer that shares the embedding's). Then it is that layer's
    /// parameter, gets both layers' gradients, and to change it is to change both: see <see cref="Untie"/>.
    /// </summary>
    public bool Tied { get; private set; }

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

    /// <summary>Makes the layer on a weight that another layer owns, without a bias.</summary>
    /// <param name="tied">The other layer's weight <c>[out, in]</c>.</param>
    public LinearSite(Parameter tied) : base(nameof(LinearSite)) => (Weight, Tied) = (tied, true);

    /// <summary>Number of input features.</summary>
    public long Inputs => Weight.shape[1];

    /// <summary>Number of output features.</summary>
    public long Outputs => Weight.shape[0];

    /// <summary>The attached adapter, or null. It is no submodule: the base's parameters stay the base's.</summary>
    public LinearAdapter? Adapter
    {
        get;
        set
        {
            field = value;
            field?.train(training);
        }
    }

    /// <summary>Sets training or evaluation mode, of the adapter too.</summary>
    public override void train(bool train = true)
    {
        base.train(train);
        Adapter?.train(train);
    }

    /// <param name="x"><c>[..., in]</c></param>
    /// <returns><c>[..., out]</c></returns>
    public override Tensor forward(Tensor x)
    {
        if (Adapter is null)
            return functional.linear(x, Weight, Bias);
        using var y = functional.linear(x, Weight, Bias);
        return Adapter.call(x, y);
    }

    /// <summary>Gives a tied layer a weight of its own, equal to the shared one, so that it can be changed alone.</summary>
    public void Untie()
    {
        if (!Tied)
            return;
        using var frozen = no_grad();
        Weight = Parameter(Weight.clone(), Weight.requires_grad);
        register_parameter("weight", Weight);
        Tied = false;
    }

    /// <summary>Nothing beside what the constructors register: a tied weight and an adapter are others' parameters.</summary>
    protected override void RegisterComponents() { }
}
