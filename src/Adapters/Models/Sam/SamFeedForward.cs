using Adapters.Models.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Sam;

/// <summary>The feed-forward part of a block: <c>lin2(act(lin1(x)))</c>.</summary>
internal sealed class SamFeedForward : Module<Tensor, Tensor>
{
    private readonly LinearSite _wide, _narrow;
    private readonly Func<Tensor, Tensor> _activation;

    public SamFeedForward(long hidden, long intermediate, string activation, Device? device) : base(nameof(SamFeedForward))
    {
        _activation = ActivationFunction.Called(activation);
        register_module("lin1", _wide = new LinearSite(hidden, intermediate, hasBias: true, device));
        register_module("lin2", _narrow = new LinearSite(intermediate, hidden, hasBias: true, device));
    }

    /// <param name="x"><c>[..., hidden]</c></param>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return _narrow.call(_activation(_wide.call(x))).MoveToOuterDisposeScope();
    }

    protected override void RegisterComponents() { }
}
