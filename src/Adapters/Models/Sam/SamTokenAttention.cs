using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Sam;

/// <summary>Attention of the mask decoder, between tokens or between tokens and image.</summary>
internal sealed class SamTokenAttention : Module<Tensor, Tensor, Tensor, Tensor>
{
    private readonly LinearSite _q, _k, _v, _out;
    private readonly int _heads;

    /// <param name="config">The decoder.</param>
    /// <param name="downsampling">By how much it is narrower than the tokens.</param>
    /// <param name="device">Where the weights lie.</param>
    public SamTokenAttention(SamDecoderConfig config, int downsampling, Device? device) : base(nameof(SamTokenAttention))
    {
        _heads = config.Heads;
        var inner = config.Hidden / downsampling;
        register_module("q_proj", _q = new LinearSite(config.Hidden, inner, hasBias: true, device));
        register_module("k_proj", _k = new LinearSite(config.Hidden, inner, hasBias: true, device));
        register_module("v_proj", _v = new LinearSite(config.Hidden, inner, hasBias: true, device));
        register_module("out_proj", _out = new LinearSite(inner, config.Hidden, hasBias: true, device));
    }

    /// <param name="query"><c>[batch, queries, hidden]</c></param>
    /// <param name="key"><c>[batch, keys, hidden]</c></param>
    /// <param name="value"><c>[batch, keys, hidden]</c></param>
    /// <returns><c>[batch, queries, hidden]</c></returns>
    public override Tensor forward(Tensor query, Tensor key, Tensor value)
    {
        using var scope = NewDisposeScope();
        var attended = functional.scaled_dot_product_attention(Heads(_q.call(query)), Heads(_k.call(key)), Heads(_v.call(value)));
        return _out.call(attended.transpose(1, 2).flatten(2)).MoveToOuterDisposeScope();
    }

    protected override void RegisterComponents() { }

    private Tensor Heads(Tensor x) => x.view(x.shape[0], x.shape[1], _heads, x.shape[2] / _heads).transpose(1, 2);
}
