using System.Text.Json.Nodes;
using Adapters.Tasks.Data;
using Adapters.Training;

namespace Adapters.Pretraining;

/// <summary>Recipes of the small image bases.</summary>
internal static class VisionBases
{
    /// <summary><c>sam-tiny</c>, shaped like Segment Anything; half as large a picture at size smoke.</summary>
    public static BaseRecipe Sam(string size) => size switch
    {
        "smoke" => Segmenter(image: 32, hidden: 32, layers: 2, heads: 2, steps: 150, batch: 4),
        "quickstart" => Segmenter(image: 64, hidden: 64, layers: 4, heads: 4, steps: 600, batch: 8),
        _ => Segmenter(image: 64, hidden: 64, layers: 4, heads: 4, steps: 10_000, batch: 16),
    };

    /// <summary><c>vit-tiny</c>, a vision transformer; smaller at size smoke.</summary>
    public static BaseRecipe Vit(string size) => size switch
    {
        "smoke" => Classifier(hidden: 32, layers: 2, heads: 2, steps: 60, batch: 8),
        "quickstart" => Classifier(hidden: 64, layers: 4, heads: 4, steps: 300, batch: 16),
        _ => Classifier(hidden: 64, layers: 4, heads: 4, steps: 10_000, batch: 32),
    };

    private static BaseRecipe Segmenter(int image, int hidden, int layers, int heads, int steps, int batch)
    {
        const int patch = 8, window = 4;
        return new BaseRecipe
        {
            Config = new JsonObject
            {
                ["architectures"] = new JsonArray("SamModel"),
                ["model_type"] = "sam",
                ["initializer_range"] = 0.1, // about 1/√width: with the 0.02 of wide models so narrow a one does not begin to learn
                ["vision_config"] = new JsonObject
                {
                    ["hidden_size"] = hidden,
                    ["mlp_dim"] = 2 * hidden,
                    ["output_channels"] = hidden,
                    ["num_hidden_layers"] = layers,
                    ["num_attention_heads"] = heads,
                    ["image_size"] = image,
                    ["patch_size"] = patch,
                    ["window_size"] = window,
                    // Every second block attends over the whole grid.
                    ["global_attn_indexes"] = new JsonArray([.. Enumerable.Range(0, layers / 2).Select(i => (JsonNode)(2 * i + 1))]),
                    ["num_pos_feats"] = hidden / 2,
                },
                ["prompt_encoder_config"] = new JsonObject
                {
                    ["hidden_size"] = hidden,
                    ["image_size"] = image,
                    ["patch_size"] = patch,
                    ["image_embedding_size"] = image / patch,
                    ["mask_input_channels"] = 4,
                },
                ["mask_decoder_config"] = new JsonObject
                {
                    ["hidden_size"] = hidden,
                    ["mlp_dim"] = 2 * hidden,
                    ["num_hidden_layers"] = 2,
                    ["num_attention_heads"] = heads,
                    ["iou_head_hidden_dim"] = hidden,
                },
            },
            Training = Training(steps, batch),
            Data = new JsonObject { ["task"] = "shapes", ["version"] = 1, ["size"] = image },
            Task = _ => new ShapePretraining(image),
        };
    }

    private static BaseRecipe Classifier(int hidden, int layers, int heads, int steps, int batch)
    {
        const int image = 32;
        return new BaseRecipe
        {
            Config = new JsonObject
            {
                ["architectures"] = new JsonArray("ViTForImageClassification"),
                ["model_type"] = "vit",
                ["hidden_size"] = hidden,
                ["intermediate_size"] = 2 * hidden,
                ["num_hidden_layers"] = layers,
                ["num_attention_heads"] = heads,
                ["image_size"] = image,
                ["patch_size"] = 4,
                ["num_channels"] = 3,
                ["layer_norm_eps"] = 1e-6,
                ["initializer_range"] = 0.1,
                ["id2label"] = new JsonObject(Enum.GetNames<PatternKind>()
                    .Select((name, label) => KeyValuePair.Create($"{label}", (JsonNode?)name.ToLowerInvariant()))),
            },
            Training = Training(steps, batch),
            Data = new JsonObject { ["task"] = "patterns", ["version"] = 1, ["size"] = image },
            Task = _ => new PatternNaming(image),
        };
    }

    private static TrainingOptions Training(int steps, int batch) => new()
    {
        Steps = steps,
        BatchSize = batch,
        LearningRate = 1e-3,
        WeightDecay = 0.01,
        Warmup = 0.1,
        Schedule = "cosine",
        FinalRate = 0.05,
        ClipNorm = 1,
        CheckpointEvery = 100,
        ReportEvery = 20,
    };
}
