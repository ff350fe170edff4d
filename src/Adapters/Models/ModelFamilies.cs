using System.Text.Json.Nodes;
using Adapters.Methods;
using Adapters.Models.Causal;
using Adapters.Models.Sam;
using Adapters.Models.VisionLanguage;
using Adapters.Models.Vit;
using static TorchSharp.torch;

namespace Adapters.Models;

/// <summary>The families by <c>model_type</c>.</summary>
public static class ModelFamilies
{
    private static readonly Dictionary<string, Func<JsonObject, Device?, BaseModel>> ByType = new()
    {
        ["llama"] = (config, device) => new CausalModel("llama", config, device),
        ["mistral"] = (config, device) => new CausalModel("mistral", config, device),
        ["qwen2"] = (config, device) => new CausalModel("qwen2", config, device),
        ["sam"] = (config, device) => new SamModel(config, device),
        [VisionLanguageModel.FamilyName] = VisionLanguageModel.Of,
        ["vit"] = (config, device) => new VitModel(config, device),
    };

    /// <summary>The values of <c>model_type</c> that are known, sorted.</summary>
    public static IReadOnlyList<string> Names => [.. ByType.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Makes the model that a config describes, its weights yet to be loaded or drawn.</summary>
    /// <exception cref="AdapterException">When the family is unknown, or a field is wrong or asks for something unsupported.</exception>
    internal static BaseModel Create(JsonObject config, Device? device)
    {
        var type = new ConfigReader(config).TextOrNull("model_type")
            ?? throw new AdapterException($"config.json names no 'model_type'; known are {string.Join(", ", Names)}.");
        if (config["quantization_config"] is not null)
            throw new AdapterException("config.json has a 'quantization_config': quantised weights are not supported.");
        return ByType.TryGetValue(type, out var create)
            ? create((JsonObject)config.DeepClone(), device)
            : throw new AdapterException($"config.json: the model_type '{type}' is not supported; known are {string.Join(", ", Names)}.");
    }
}
