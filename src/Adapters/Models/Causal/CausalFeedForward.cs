using Adapters.Models.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Causal;

/// <summary>The gated feed-forward part: <c>down(act(gate(x)) · up(x))</c>.</summary>
/// <remarks>Shazeer 2020, arXiv:2002.05202.</remarks>
internal sealed class CausalFeedForward : Module<Tensor, Tensor>
{
    private readonly LinearSite _gate, _up, _down;
    private readonly Func<Tensor, Tensor> _activation;

    public CausalFeedForward(CausalConfig config, Device? device) : base(nameof(CausalFeedForward))
    {
        _activation = ActivationFunction.Called(config.Activation);
        register_module("gate_proj", _gate = new LinearSite(config.Hidden, config.Intermediate, config.FeedForwardBias, device));
        register_module("up_proj", _up = new LinearSite(config.Hidden, config.Intermediate, config.FeedForwardBias, device));
        register_module("down_proj", _down = new LinearSite(config.Intermediate, config.Hidden, config.FeedForwardBias, device));
    }

    /// <param name="x"><c>[batch, seq, hidden]</c></param>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return _down.call(_activation(_gate.call(x)) * _up.call(x)).MoveToOuterDisposeScope();
    }

    protected override void RegisterComponents() { }
}
