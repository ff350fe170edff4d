using Adapters.Models.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Causal;

/// <summary>One block: <c>x += attention(norm(x))</c>, then <c>x += feed-forward(norm(x))</c>.</summary>
internal sealed class CausalBlock : Module<Tensor, ForwardPass, Tensor>
{
    private readonly CausalAttention _attention;
    private readonly CausalFeedForward _feedForward;
    private readonly RmsNorm _attentionNorm, _feedForwardNorm;

    public CausalBlock(CausalConfig config, int layer, Device? device) : base(nameof(CausalBlock))
    {
        register_module("self_attn", _attention = new CausalAttention(config, layer, device));
        register_module("mlp", _feedForward = new CausalFeedForward(config, device));
        register_module("input_layernorm", _attentionNorm = new RmsNorm(config.Hidden, config.NormEpsilon, device));
        register_module("post_attention_layernorm", _feedForwardNorm = new RmsNorm(config.Hidden, config.NormEpsilon, device));
    }

    /// <param name="x"><c>[batch, seq, hidden]</c></param>
    /// <param name="pass">What all blocks of this forward pass share.</param>
    public override Tensor forward(Tensor x, ForwardPass pass)
    {
        using var scope = NewDisposeScope();
        x = x + _attention.call(_attentionNorm.call(x), pass);
        return (x + _feedForward.call(_feedForwardNorm.call(x))).MoveToOuterDisposeScope();
    }

    protected override void RegisterComponents() { }
}
