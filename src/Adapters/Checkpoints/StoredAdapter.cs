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
    /// <summary>The file that PEFT reads and writes too.</summary>
    internal const string TensorFile = "adapter_model.safetensors";

    /// <summary>The file of what PEFT makes again, but not to the same bits on every machine; absent where there is none.</summary>
    internal const string BesideFile = "orchestrator.safetensors";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Where it was read from, for messages.</summary>
    public string Folder { get; init; } = "";

    /// <summary>The content of <c>adapter_config.json</c>.</summary>
    public required JsonObject Config { get; init; }

    /// <summary>The tensors by their saved names.</summary>
    public required IReadOnlyDictionary<string, Tensor> Tensors { get; init; }

    /// <summary>Tensors that are kept beside those, by their saved names.</summary>
    public IReadOnlyDictionary<string, Tensor> Beside { get; init; } = new Dictionary<string, Tensor>();

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
            Tensors = ReadAll(TensorFile),
            Beside = File.Exists(Path.Combine(folder, BesideFile)) ? ReadAll(BesideFile) : new Dictionary<string, Tensor>(),
            Experts = [.. ExpertFolders(folder, config).Select(expert => Read(expert, device))],
        };

        Dictionary<string, Tensor> ReadAll(string file) => SafeTensorsFile.ReadAll(Path.Combine(folder, file), device)
            .ToDictionary(pair => pair.Key, pair => pair.Value.DetachFromDisposeScope());
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
        var metadata = new Dictionary<string, string> { ["format"] = "pt" };
        SafeTensorsFile.Write(Path.Combine(folder, TensorFile), Tensors.Select(pair => (pair.Key, pair.Value)), metadata);
        if (Beside.Count > 0)
            SafeTensorsFile.Write(Path.Combine(folder, BesideFile), Beside.Select(pair => (pair.Key, pair.Value)), metadata);
        DurableFile.WriteText(Path.Combine(folder, "adapter_config.json"), Config.ToJsonString(Indented) + "\n");
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        foreach (var tensor in Tensors.Values.Concat(Beside.Values))
            tensor.Dispose();
        foreach (var expert in Experts)
            expert.Dispose();
    }
}
