using Adapters.Models.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Causal;

/// <summary>Causal self-attention with rotary positions; several query heads may share a key/value head.</summary>
internal sealed class CausalAttention : Module<Tensor, ForwardPass, Tensor>
{
    private readonly LinearSite _q, _k, _v, _o;
    private readonly CausalConfig _config;
    private readonly int _layer;

    public CausalAttention(CausalConfig config, int layer, Device? device) : base(nameof(CausalAttention))
    {
        (_config, _layer) = (config, layer);
        var (queries, keys) = (config.Heads * config.HeadWidth, config.KeyValueHeads * config.HeadWidth);
        register_module("q_proj", _q = new LinearSite(config.Hidden, queries, config.QueryKeyValueBias, device));
        register_module("k_proj", _k = new LinearSite(config.Hidden, keys, config.QueryKeyValueBias, device));
        register_module("v_proj", _v = new LinearSite(config.Hidden, keys, config.QueryKeyValueBias, device));
        register_module("o_proj", _o = new LinearSite(queries, config.Hidden, config.OutputBias, device));
    }

    /// <param name="x"><c>[batch, seq, hidden]</c></param>
    /// <param name="pass">What all blocks of this forward pass share.</param>
    public override Tensor forward(Tensor x, ForwardPass pass)
    {
        using var scope = NewDisposeScope();
        var (batch, count, d) = (x.shape[0], x.shape[1], _config.HeadWidth);
        var q = pass.Rotation.Apply(_q.call(x).view(batch, count, _config.Heads, d));
        var k = pass.Rotation.Apply(_k.call(x).view(batch, count, _config.KeyValueHeads, d));
        var v = _v.call(x).view(batch, count, _config.KeyValueHeads, d);
        if (pass.Cache is { } cache)
            (k, v) = cache.Append(_layer, k, v);

        (q, k, v) = (q.transpose(1, 2), Repeat(k), Repeat(v)); // [batch, heads, seq, width]
        var attended = training && pass.TrainingAttention is { } replacement
            ? replacement.Attend(q, k, v, pass.Padding)
            : Attend(q, k, v, pass.MaskOf(_layer));
        return _o.call(attended.transpose(1, 2).reshape(batch, count, _config.Heads * d)).MoveToOuterDisposeScope();
    }

    protected override void RegisterComponents() { }

    private Tensor Attend(Tensor q, Tensor k, Tensor v, AttentionMask mask)
    {
        var dropout = training ? _config.AttentionDropout : 0;
        if (!mask.Blind)
            return functional.scaled_dot_product_attention(q, k, v, mask.Scores?.to(q.dtype), dropout, mask.Causal);

        // The fused kernel goes back over log-sum-exp, in which the count of a blind query's keys is lost to rounding.
        var scores = (q.matmul(k.transpose(2, 3)) / Math.Sqrt(_config.HeadWidth)) + mask.Scores!;
        var precision = Precision.Of(q);
        var weights = functional.dropout(functional.softmax(scores, -1, precision).to(q.dtype), dropout, training);
        return weights.matmul(v);
    }

    /// <summary>Gives each query head its key/value head: <c>[batch, seq, K, width]</c> to <c>[batch, H, seq, width]</c>.</summary>
    private Tensor Repeat(Tensor x)
    {
        var groups = _config.Heads / _config.KeyValueHeads;
        if (groups == 1)
            return x.transpose(1, 2);
        var (batch, count, heads, d) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3]);
        return x.unsqueeze(3).expand(batch, count, heads, groups, d).reshape(batch, count, heads * groups, d).transpose(1, 2);
    }
}
