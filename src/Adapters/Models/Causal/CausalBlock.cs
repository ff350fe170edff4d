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

    /// <summary>What adapters can stand around.</summary>
    public ModelBlock Parts { get; }

    public CausalBlock(CausalConfig config, int layer, Device? device) : base(nameof(CausalBlock))
    {
        Parts = ModelBlock.Of($"model.layers.{layer}", config.Hidden);
        register_module("self_attn", _attention = new CausalAttention(config, layer, device));
        register_module("mlp", _feedForward = new CausalFeedForward(config, device));
        register_module("input_layernorm", _attentionNorm = new RmsNorm(config.Hidden, config.NormEpsilon, device));
        register_module("post_attention_layernorm", _feedForwardNorm = new RmsNorm(config.Hidden, config.NormEpsilon, device));
    }

    /// <param name="x"><c>[batch, seq, hidden]</c></param>
    /// <param name="pass">What all blocks of this forward pass share.</param>
    public override Tensor forward(Tensor x, ForwardPass pass) => Parts.Whole.Run(x, input => Compute(input, pass));

    protected override void RegisterComponents() { }

    private Tensor Compute(Tensor x, ForwardPass pass)
    {
        using var scope = NewDisposeScope();
        x = x + _attention.call(_attentionNorm.call(x), pass);
        return (x + Parts.FeedForward.Run(_feedForwardNorm.call(x), _feedForward.call)).MoveToOuterDisposeScope();
    }
}
