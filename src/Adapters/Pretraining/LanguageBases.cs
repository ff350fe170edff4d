using System.Text.Json.Nodes;
using Adapters.Tasks.Data;
using Adapters.Training;

namespace Adapters.Pretraining;

/// <summary>Recipes of the small Llama-shaped bases.</summary>
internal static class LanguageBases
{
    /// <summary><c>nano</c>, one million parameters; smaller still at size smoke.</summary>
    public static BaseRecipe Nano(string size) => size switch
    {
        "smoke" => Recipe(size, hidden: 64, intermediate: 176, layers: 2, heads: 2, length: 64, steps: 120, batch: 8),
        "quickstart" => Recipe(size, hidden: 128, intermediate: 352, layers: 4, heads: 4, length: 128, steps: 400, batch: 8),
        _ => Recipe(size, hidden: 128, intermediate: 352, layers: 4, heads: 4, length: 128, steps: 4000, batch: 8),
    };

    /// <summary><c>micro</c>, 2.75 million parameters.</summary>
    public static BaseRecipe Micro(string size) => size switch
    {
        "smoke" => Recipe(size, hidden: 96, intermediate: 256, layers: 3, heads: 3, length: 64, steps: 120, batch: 8),
        "quickstart" => Recipe(size, hidden: 192, intermediate: 512, layers: 6, heads: 6, length: 128, steps: 500, batch: 8),
        _ => Recipe(size, hidden: 192, intermediate: 512, layers: 6, heads: 6, length: 128, steps: 6000, batch: 8),
    };

    private static BaseRecipe Recipe(string size, int hidden, int intermediate, int layers, int heads, int length, int steps, int batch)
    {
        var vocabulary = CorpusRecipe.Of(size).VocabularySize;
        return new BaseRecipe
        {
            Config = new JsonObject
            {
                ["architectures"] = new JsonArray("LlamaForCausalLM"),
                ["model_type"] = "llama",
                ["vocab_size"] = vocabulary,
                ["hidden_size"] = hidden,
                ["intermediate_size"] = intermediate,
                ["num_hidden_layers"] = layers,
                ["num_attention_heads"] = heads,
                ["num_key_value_heads"] = Math.Max(1, heads / 2),
                ["max_position_embeddings"] = length,
                ["hidden_act"] = "silu",
                ["rms_norm_eps"] = 1e-5,
                ["rope_theta"] = 10000.0,
                ["initializer_range"] = 0.02,
                ["tie_word_embeddings"] = true,
                ["bos_token_id"] = vocabulary - 1,
                ["eos_token_id"] = vocabulary - 1,
            },
            Training = new TrainingOptions
            {
                Steps = steps,
                BatchSize = batch,
                LearningRate = 4e-3,
                Beta1 = 0.9,
                Beta2 = 0.95,
                WeightDecay = 0.1,
                Warmup = 50.0 / Math.Max(steps, 200),
                Schedule = "cosine",
                FinalRate = 0.1,
                ClipNorm = 1,
                CheckpointEvery = 100,
                ReportEvery = 20,
            },
            Corpus = Preparations.Corpus(size),
            Data = new JsonObject { ["task"] = "language", ["version"] = 1, ["length"] = length },
            Task = corpus => new LanguagePretraining(corpus!, length),
        };
    }
}
