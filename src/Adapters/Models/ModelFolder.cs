using System.Text.Json;
using System.Text.Json.Nodes;
using Adapters.Checkpoints;
using Adapters.Methods;
using Adapters.Models.VisionLanguage;
using static TorchSharp.torch;

namespace Adapters.Models;

/// <summary>Models as Hugging Face lays them out: <c>config.json</c> beside <c>model.safetensors</c>, whole or in shards.</summary>
public static class ModelFolder
{
    private const string ConfigFile = "config.json";
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Loads a model. Weights stored in half precision are widened to float32.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="device">Where the weights shall lie; the CPU when null.</param>
    /// <param name="headOptional">
    /// Whether the folder may hold a base without its head, or beside another one: then the head's own weights are drawn
    /// from a fixed seed, for a task that trains its head anyway.
    /// </param>
    /// <exception cref="AdapterException">When the folder is not whole or asks for what is not supported; names every
    /// weight that is missing or unexpected.</exception>
    public static BaseModel Load(string folder, Device? device = null, bool headOptional = false)
    {
        using var weights = WeightFiles.Open(folder);
        var model = ModelFamilies.Create(ReadConfig(folder), device);
        try
        {
            weights.LoadInto(model, headOptional);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Loads an image encoder and the language model that is to read what it sees. The projector between them is drawn from a
    /// fixed seed, for a task that trains it anyway.</summary>
    /// <param name="vision">Folder of a model of images; its head is left out.</param>
    /// <param name="language">Folder of a causal language model.</param>
    /// <param name="device">Where the weights shall lie; the CPU when null.</param>
    /// <exception cref="AdapterException">When a folder is not whole or holds a model of another kind.</exception>
    public static VisionLanguageModel LoadTogether(string vision, string language, Device? device = null)
    {
        var eyes = Load(vision, device, headOptional: true);
        var reader = Load(language, device);
        var model = new VisionLanguageModel(eyes, reader, device);
        using var generator = new Generator(0);
        model.DrawProjector(generator);
        return model;
    }

    /// <summary>Makes a model with fresh weights.</summary>
    /// <param name="config">The content of a <c>config.json</c>.</param>
    /// <param name="seed">Equal seeds give equal weights, on every device.</param>
    /// <param name="device">Where the weights shall lie; the CPU when null.</param>
    /// <exception cref="AdapterException">When a field is wrong or asks for something unsupported.</exception>
    public static BaseModel Create(JsonObject config, ulong seed, Device? device = null)
    {
        var model = ModelFamilies.Create(config, device);
        using var generator = new Generator(seed);
        model.Initialise(generator);
        return model;
    }

    /// <summary>Writes a model so that Hugging Face's readers and <see cref="Load"/> give the same back.</summary>
    /// <param name="model">The model; adapters on it are not written.</param>
    /// <param name="folder">The folder; made if need be, and its model replaced.</param>
    public static void Save(BaseModel model, string folder)
    {
        var weights = model.named_parameters().Select(pair => (Name: pair.name, Tensor: (Tensor)pair.parameter))
            .Concat(model.named_buffers().Select(pair => (Name: pair.name, Tensor: pair.buffer))).ToArray();
        var config = (JsonObject)model.Config.DeepClone();
        config[config.ContainsKey("dtype") ? "dtype" : "torch_dtype"] = NameOf(weights[0].Tensor.dtype);

        SafeTensorsFile.Write(Path.Combine(folder, WeightFiles.Single), weights, new Dictionary<string, string> { ["format"] = "pt" });
        DurableFile.WriteText(Path.Combine(folder, ConfigFile), config.ToJsonString(Indented));
    }

    private static JsonObject ReadConfig(string folder)
    {
        var path = Path.Combine(folder, ConfigFile);
        try
        {
            return JsonNode.Parse(File.ReadAllBytes(path), documentOptions: Strict) as JsonObject
                ?? throw new AdapterException($"{path} is not a JSON object.");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new AdapterException($"{path} cannot be read: {e.Message}", e);
        }
    }

    private static string NameOf(ScalarType type) => type.ToString().ToLowerInvariant();
}
