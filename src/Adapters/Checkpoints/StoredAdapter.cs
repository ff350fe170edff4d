using System.Text.Json;
using System.Text.Json.Nodes;
using Adapters.Methods;
using static TorchSharp.torch;

namespace Adapters.Checkpoints;

/// <summary>
/// An adapter folder in memory: <c>adapter_config.json</c>, <c>adapter_model.safetensors</c>, and beneath
/// <c>experts/</c> the folders of the adapters that it is composed of.
/// </summary>
public sealed class StoredAdapter : IDisposable
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Where it was read from, for messages.</summary>
    public string Folder { get; init; } = "";

    /// <summary>The content of <c>adapter_config.json</c>.</summary>
    public required JsonObject Config { get; init; }

    /// <summary>The tensors by their saved names.</summary>
    public required IReadOnlyDictionary<string, Tensor> Tensors { get; init; }

    /// <summary>The adapters that it is composed of.</summary>
    public IReadOnlyList<StoredAdapter> Experts { get; init; } = [];

    /// <summary>Reads a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="device">Where the tensors shall lie; the CPU when null.</param>
    /// <exception cref="AdapterException">When it is no such folder, or a file in it cannot be read.</exception>
    public static StoredAdapter Read(string folder, Device? device = null)
    {
        var config = ReadConfig(Path.Combine(folder, "adapter_config.json"));
        return new StoredAdapter
        {
            Folder = folder,
            Config = config,
            Tensors = SafeTensorsFile.ReadAll(Path.Combine(folder, "adapter_model.safetensors"), device)
                .ToDictionary(pair => pair.Key, pair => pair.Value.DetachFromDisposeScope()),
            Experts = [.. ExpertFolders(folder, config).Select(expert => Read(expert, device))],
        };
    }

    /// <summary>The content of an <c>adapter_config.json</c>.</summary>
    /// <exception cref="AdapterException">When there is none or it is no JSON object.</exception>
    internal static JsonObject ReadConfig(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllBytes(path)) as JsonObject
                ?? throw new AdapterException($"{path} is not a JSON object.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new AdapterException($"{path} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Folders of the experts that a folder holds, in their order.</summary>
    internal static IEnumerable<string> ExpertFolders(string folder, JsonObject config) =>
        Enumerable.Range(0, (int?)config["orchestrator"]?["experts"] ?? 0)
            .Select(expert => Path.Combine(folder, "experts", $"{expert}"));

    /// <summary>Writes a folder. The config comes last: a folder that has one is whole.</summary>
    public void Write(string folder)
    {
        for (var expert = 0; expert < Experts.Count; expert++)
            Experts[expert].Write(Path.Combine(folder, "experts", $"{expert}"));
        SafeTensorsFile.Write(Path.Combine(folder, "adapter_model.safetensors"),
            Tensors.Select(pair => (pair.Key, pair.Value)), new Dictionary<string, string> { ["format"] = "pt" });
        DurableFile.WriteText(Path.Combine(folder, "adapter_config.json"), Config.ToJsonString(Indented) + "\n");
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        foreach (var tensor in Tensors.Values)
            tensor.Dispose();
        foreach (var expert in Experts)
            expert.Dispose();
    }
}
