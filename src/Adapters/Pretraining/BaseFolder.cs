using System.Text.Json;
using System.Text.Json.Nodes;
using Adapters.Methods;
using Adapters.Models.VisionLanguage;
using Adapters.Options;
using Adapters.Tasks.Data;

namespace Adapters.Pretraining;

/// <summary>
/// A base as a sweep names it: one that the product makes, or a Hugging Face folder of the user's; or two of those, such as
/// <c>sam-tiny + nano</c>, an image encoder and the language model that reads what it sees.
/// </summary>
public static class BaseFolder
{
    private const string Joint = " + ";

    /// <summary>The bases that a name is made of: one, or an image encoder's and a language model's.</summary>
    internal static IReadOnlyList<string> PartsOf(string name) => name.Split(Joint) is { Length: 2 } parts ? parts : [name];

    /// <summary>The family of a base, which is <c>model_type</c> of its config; of two together <c>vision-language</c>.</summary>
    /// <exception cref="AdapterException">When it is neither a product's base nor a model folder, or two do not go together.</exception>
    public static string FamilyOf(string name)
    {
        if (PartsOf(name) is [var vision, var language])
            return FamilyOf(vision) is "sam" or "vit" && ReadsText(FamilyOf(language)) ? VisionLanguageModel.FamilyName
                : throw new AdapterException($"The base '{name}' must be an image encoder (sam, vit) and a language model (llama, mistral, "
                    + $"qwen2), in that order, but these are of the families {FamilyOf(vision)} and {FamilyOf(language)}.");
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

    /// <summary>Whether a family is of causal language models, which learn from the corpus, or has one in it.</summary>
    internal static bool ReadsText(string family) => family is "llama" or "mistral" or "qwen2" or VisionLanguageModel.FamilyName;

    /// <summary>The tokenizer of a user's folder.</summary>
    /// <exception cref="AdapterException">When it has none.</exception>
    internal static string TokenizerOf(string folder) => CorpusFiles.TokenizerIn(folder)
        ?? throw new AdapterException($"{folder} has neither a tokenizer.json nor a tokenizer.model, and tasks on text need one.");
}
