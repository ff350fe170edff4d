using System.Text.Json.Nodes;
using Adapters.Models;
using Adapters.Models.Causal;

namespace Bench;

/// <summary>The language model that the product pretrains for CPUs, with fresh weights: 1,000,576 parameters.</summary>
internal static class NanoModel
{
    public const int Vocabulary = 2048;

    /// <summary>Parameters that take part in matrix products: all but the norms, the tied embedding once, as output layer.</summary>
    public static long ProductParameters(CausalModel model) =>
        model.parameters().Where(parameter => parameter.dim() > 1).Sum(parameter => parameter.numel());

    public static CausalModel Create(int length, int layers = 4) => (CausalModel)ModelFolder.Create(
        new JsonObject
        {
            ["model_type"] = "llama",
            ["vocab_size"] = Vocabulary,
            ["hidden_size"] = 128,
            ["intermediate_size"] = 352,
            ["num_hidden_layers"] = layers,
            ["num_attention_heads"] = 4,
            ["num_key_value_heads"] = 2,
            ["max_position_embeddings"] = length,
            ["tie_word_embeddings"] = true,
        },
        seed: 1);
}
