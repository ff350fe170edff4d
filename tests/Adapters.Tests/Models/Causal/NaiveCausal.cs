using Adapters.Models.Causal;
using static TorchSharp.torch;

namespace Adapters.Tests.Models.Causal;

/// <summary>The Llama family written as plainly as the papers put it, one head at a time and in float64.</summary>
internal sealed class NaiveCausal(CausalModel model)
{
    private readonly CausalConfig _config = model.Architecture;
    private readonly Dictionary<string, Tensor> _weights =
        model.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.detach().to(float64));

    /// <summary>Logits of one sequence.</summary>
    /// <param name="tokens"><c>[seq]</c></param>
    /// <param name="frequencies">The angle of position 1 for each pair of channels.</param>
    /// <param name="window">Per layer, how many positions are seen; null for all.</param>
    public Tensor Logits(Tensor tokens, double[] frequencies, Func<int, int?> window)
    {
        var x = _weights["model.embed_tokens.weight"].index_select(0, tokens);
        for (var layer = 0; layer < _config.Layers; layer++)
        {
            var place = $"model.layers.{layer}";
            x = x + Attention($"{place}.self_attn", Norm($"{place}.input_layernorm", x), frequencies, window(layer));
            x = x + FeedForward($"{place}.mlp", Norm($"{place}.post_attention_layernorm", x));
        }
        x = Norm("model.norm", x);
        return x.matmul(_weights[_config.Tied ? "model.embed_tokens.weight" : "lm_head.weight"].t());
    }

    private Tensor Norm(string name, Tensor x) =>
        x / ((x * x).mean([-1], keepdim: true) + _config.NormEpsilon).sqrt() * _weights[$"{name}.weight"];

    private Tensor Linear(string name, Tensor x)
    {
        var y = x.matmul(_weights[$"{name}.weight"].t());
        return _weights.TryGetValue($"{name}.bias", out var bias) ? y + bias : y;
    }

    private Tensor FeedForward(string name, Tensor x)
    {
        var gate = Linear($"{name}.gate_proj", x);
        var activated = _config.Activation switch
        {
            "silu" => gate / (1 + (-gate).exp()),
            "relu" => gate.clamp_min(0),
            "gelu" => 0.5 * gate * (1 + (gate / Math.Sqrt(2)).erf()),
            _ => 0.5 * gate * (1 + (Math.Sqrt(2 / Math.PI) * (gate + (0.044715 * gate.pow(3)))).tanh()),
        };
        return Linear($"{name}.down_proj", activated * Linear($"{name}.up_proj", x));
    }

    private Tensor Attention(string name, Tensor x, double[] frequencies, int? window)
    {
        var (q, k, v) = (Linear($"{name}.q_proj", x), Linear($"{name}.k_proj", x), Linear($"{name}.v_proj", x));
        var (count, d) = (x.shape[0], _config.HeadWidth);
        var heads = new List<Tensor>();
        for (var head = 0; head < _config.Heads; head++)
        {
            var shared = head * _config.KeyValueHeads / _config.Heads;
            var query = Rotate(q.narrow(1, head * d, d), frequencies);
            var key = Rotate(k.narrow(1, shared * d, d), frequencies);
            var scores = query.matmul(key.t()) / Math.Sqrt(d);
            for (var i = 0; i < count; i++)
                for (var j = 0; j < count; j++)
                    if (j > i || (window is { } width && j <= i - width))
                        scores[i, j] = double.NegativeInfinity;
            heads.Add(scores.softmax(-1).matmul(v.narrow(1, shared * d, d)));
        }
        return Linear($"{name}.o_proj", cat([.. heads], 1));
    }

    /// <summary>Turns channel i with channel i + d/2.</summary>
    private static Tensor Rotate(Tensor x, double[] frequencies)
    {
        var angles = outer(arange(x.shape[0], dtype: float64), tensor(frequencies));
        var (a, b) = (x.narrow(1, 0, frequencies.Length), x.narrow(1, frequencies.Length, frequencies.Length));
        return cat([(a * angles.cos()) - (b * angles.sin()), (b * angles.cos()) + (a * angles.sin())], 1);
    }
}
