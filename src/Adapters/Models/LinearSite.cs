using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models;

/// <summary>A linear layer: <c>y = xWᵀ + b</c>.</summary>
public class LinearSite : Site
{
    private readonly Parameter? _bias;
    private Parameter? _weight; // null in a part of another layer
    private bool _tied;
    private IReadOnlyList<LinearPart> _parts = [];

    /// <summary>Makes the layer with weights that are yet to be loaded or initialised.</summary>
    /// <param name="inputs">Number of input features.</param>
    /// <param name="outputs">Number of output features.</param>
    /// <param name="hasBias">Whether the layer adds a bias.</param>
    /// <param name="device">Where the weights lie.</param>
    public LinearSite(long inputs, long outputs, bool hasBias, Device? device = null) : base(nameof(LinearSite))
    {
        _weight = Parameter(zeros(outputs, inputs, device: device));
        register_parameter("weight", _weight);
        if (hasBias)
            register_parameter("bias", _bias = Parameter(zeros(outputs, device: device)));
    }

    /// <summary>Makes the layer on a weight that another layer owns, without a bias.</summary>
    /// <param name="tied">The other layer's weight <c>[out, in]</c>.</param>
    public LinearSite(Parameter tied) : base(nameof(LinearSite)) => (_weight, _tied) = (tied, true);

    private protected LinearSite(string name) : base(name) { }

    /// <summary>The weight <c>[out, in]</c>.</summary>
    public override Tensor Weight => _weight!;

    /// <inheritdoc/>
    public override Tensor? Bias => _bias;

    /// <inheritdoc/>
    public override IReadOnlyList<LinearPart> Parts => _parts;

    /// <inheritdoc/>
    public override string Kind => "a linear layer";

    /// <inheritdoc/>
    public override long Inputs => Weight.shape[1];

    /// <inheritdoc/>
    public override long Outputs => Weight.shape[0];

    /// <inheritdoc/>
    public override bool Tied => _tied;

    /// <param name="x"><c>[..., in]</c></param>
    /// <param name="weight"><c>[any, in]</c></param>
    /// <param name="bias"><c>[any]</c> or null.</param>
    /// <returns><c>[..., any]</c></returns>
    public override Tensor Apply(Tensor x, Tensor weight, Tensor? bias = null) => functional.linear(x, weight, bias);

    /// <inheritdoc/>
    public override Tensor Matrix(Tensor weight) => weight;

    /// <inheritdoc/>
    public override Tensor Shape(Tensor matrix) => matrix;

    /// <summary>In one pass over y.</summary>
    public override Tensor AddMixed(Tensor y, Tensor h, Tensor matrix, double scale) =>
        addmm(y.to(matrix.dtype).reshape(-1, matrix.shape[0]), h.reshape(-1, matrix.shape[1]), matrix.t(), 1, (float)scale)
            .reshape(y.shape).to(y.dtype);

    /// <summary>Names the projections that lie side by side in the layer, each with as many outputs: they can be adapted alone.</summary>
    /// <param name="names">In the order of the outputs.</param>
    internal void Fuse(params IReadOnlyList<string> names)
    {
        var outputs = Outputs / names.Count;
        _parts = [.. names.Select((name, index) => new LinearPart(this, name, index * outputs, outputs))];
    }

    /// <summary>Gives a tied layer a weight of its own, equal to the shared one, so that it can be changed alone.</summary>
    public void Untie()
    {
        if (!_tied)
            return;
        using var frozen = no_grad();
        _weight = Parameter(Weight.clone(), Weight.requires_grad);
        register_parameter("weight", _weight);
        _tied = false;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
            foreach (var part in _parts)
                part.Dispose();
    }
}
