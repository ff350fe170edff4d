using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Sam;

/// <summary>Linear layers with ReLU between them: what makes a mask's weights of its token, and judges masks.</summary>
internal sealed class SamPerceptron : Module<Tensor, Tensor>
{
    private readonly LinearSite _in, _out;
    private readonly ModuleList<LinearSite> _layers;

    /// <param name="inputs">Features in.</param>
    /// <param name="hidden">Features within.</param>
    /// <param name="outputs">Features out.</param>
    /// <param name="depth">Number of layers, at least 2.</param>
    /// <param name="device">Where the weights lie.</param>
    public SamPerceptron(long inputs, long hidden, long outputs, int depth, Device? device) : base(nameof(SamPerceptron))
    {
        _layers = new([.. Enumerable.Range(0, depth - 2).Select(_ => new LinearSite(hidden, hidden, hasBias: true, device))]);
        register_module("proj_in", _in = new LinearSite(inputs, hidden, hasBias: true, device));
        register_module("proj_out", _out = new LinearSite(hidden, outputs, hasBias: true, device));
        register_module("layers", _layers);
    }

    /// <param name="x"><c>[..., in]</c></param>
    /// <returns><c>[..., out]</c></returns>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = functional.relu(_in.call(x));
        foreach (var layer in _layers)
            x = functional.relu(layer.call(x));
        return _out.call(x).MoveToOuterDisposeScope();
    }

    protected override void RegisterComponents() { }
}
