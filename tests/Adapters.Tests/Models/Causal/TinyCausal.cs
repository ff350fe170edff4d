using System.Text.Json.Nodes;
using Adapters.Models;
using Adapters.Models.Causal;
using static TorchSharp.torch;

namespace Adapters.Tests.Models.Causal;

/// <summary>Small models with random weights, biases and norms included, so that a forgotten one shows.</summary>
internal static class TinyCausal
{
    public static JsonObject Config(string family = "llama", params (string Field, JsonNode? Value)[] fields)
    {
        var config = new JsonObject
        {
            ["model_type"] = family,
            ["vocab_size"] = 40,
            ["hidden_size"] = 24,
            ["intermediate_size"] = 20,
            ["num_hidden_layers"] = 2,
            ["num_attention_heads"] = 4,
            ["num_key_value_heads"] = 2,
            ["max_position_embeddings"] = 16,
            ["rms_norm_eps"] = 1e-5,
        };
        foreach (var (field, value) in fields)
            config[field] = value;
        return config;
    }

    public static CausalModel Create(string family = "llama", params (string Field, JsonNode? Value)[] fields)
    {
        var model = (CausalModel)ModelFolder.Create(Config(family, fields), seed: 7);
        using var frozen = no_grad();
        using var generator = new Generator(8);
        foreach (var (name, parameter) in model.named_parameters())
            parameter.normal_(parameter.dim() == 1 && name.Contains("norm") ? 1 : 0, 0.3, generator);
        return model;
    }

    public static Tensor Tokens(long batch, long count, ulong seed = 3)
    {
        using var generator = new Generator(seed);
        return randint(0, 40, [batch, count], generator: generator, dtype: int64);
    }
}
