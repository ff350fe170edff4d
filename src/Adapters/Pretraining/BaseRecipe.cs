using System.Text.Json.Nodes;
using Adapters.Options;
using Adapters.Tasks;
using Adapters.Training;

namespace Adapters.Pretraining;

/// <summary>How the product makes a base model itself: architecture, data and training, all as data.</summary>
internal sealed record BaseRecipe
{
    /// <summary>Raised when the same recipe begins to give other bits.</summary>
    private const int Version = 1;

    /// <summary>Content of <c>config.json</c>.</summary>
    public required JsonObject Config { get; init; }

    /// <summary>The pretraining.</summary>
    public required TrainingOptions Training { get; init; }

    /// <summary>Seed of weights and data order.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The corpus preparation that it learns from, or null.</summary>
    public string? Corpus { get; init; }

    /// <summary>Name and version of what is learnt, with all that determines it besides the corpus.</summary>
    public required JsonObject Data { get; init; }

    /// <summary>Makes what is learnt, given the corpus folder where there is one.</summary>
    public required Func<string?, LearningTask> Task { get; init; }

    /// <summary>All that determines the base.</summary>
    /// <param name="keyOf">Gives the key of a preparation.</param>
    public JsonObject Determinants(Func<string, string> keyOf)
    {
        var training = OptionSchema.Write(Training);
        // An adapter's alone: written as it is by default, it would make bases of earlier versions strangers.
        training.Remove("lora_plus_ratio");
        return new JsonObject
        {
            ["kind"] = "base",
            ["version"] = Version,
            ["config"] = Config.DeepClone(),
            ["training"] = training,
            ["seed"] = Seed,
            ["data"] = Data.DeepClone(),
            ["corpus"] = Corpus is null ? null : keyOf(Corpus),
        };
    }
}
