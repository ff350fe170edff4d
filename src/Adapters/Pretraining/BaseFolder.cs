using System.Text.Json;
using System.Text.Json.Nodes;
using Adapters.Methods;
using Adapters.Options;
using Adapters.Tasks.Data;

namespace Adapters.Pretraining;

/// <summary>A base as a sweep names it: one that the product makes, or a Hugging Face folder of the user's.</summary>
internal static class BaseFolder
{
    /// <summary>The family of a base, which is <c>model_type</c> of its config.</summary>
    /// <exception cref="AdapterException">When it is neither a product's base nor a model folder.</exception>
    public static string FamilyOf(string name)
    {
        if (ProductBases.Find(name) is { } known)
            return known.Family;
        var config = Path.Combine(name, "config.json");
        if (!File.Exists(config))
            throw new AdapterException($"There is no base '{name}': it is neither a folder with a config.json nor one of "
                + $"{string.Join(", ", ProductBases.All.Select(product => product.Id))}."
                + (NearestName.Of(name, ProductBases.All.Select(product => product.Id)) is { } near ? $" Did you mean '{near}'?" : ""));
        try
        {
            return (string?)JsonNode.Parse(File.ReadAllBytes(config))?["model_type"]
                ?? throw new AdapterException($"{config} names no 'model_type'.");
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw new AdapterException($"{config} cannot be read: {fault.Message}", fault);
        }
    }

    /// <summary>Whether a family is of causal language models, which learn from the corpus.</summary>
    public static bool ReadsText(string family) => family is "llama" or "mistral" or "qwen2";

    /// <summary>The tokenizer of a user's folder.</summary>
    /// <exception cref="AdapterException">When it has none.</exception>
    public static string TokenizerOf(string folder) => CorpusFiles.TokenizerIn(folder)
        ?? throw new AdapterException($"{folder} has neither a tokenizer.json nor a tokenizer.model, and tasks on text need one.");
}
