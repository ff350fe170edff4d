using System.Text.Json;
using System.Text.Json.Nodes;
using Adapters.Checkpoints;
using Adapters.Methods;
using static TorchSharp.torch;

namespace Adapters.Models;

/// <summary>The weights of a model folder, in one file or in shards that an index lists.</summary>
internal sealed class WeightFiles : IDisposable
{
    /// <summary>The file of a model that is not in shards.</summary>
    public const string Single = "model.safetensors";

    private const string Index = "model.safetensors.index.json";
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };
    private readonly string _folder;
    private readonly List<SafeTensorsFile> _files = [];
    private readonly Dictionary<string, SafeTensorsFile> _byName = new(StringComparer.Ordinal);

    private WeightFiles(string folder) => _folder = folder;

    /// <exception cref="AdapterException">When a file is missing or not valid.</exception>
    public static WeightFiles Open(string folder)
    {
        var weights = new WeightFiles(folder);
        try
        {
            if (File.Exists(Path.Combine(folder, Single)))
                weights.AddWhole(Single);
            else if (File.Exists(Path.Combine(folder, Index)))
                weights.AddShards();
            else if (Directory.Exists(folder) && Directory.EnumerateFiles(folder, "pytorch_model*").FirstOrDefault() is { } pickled)
                throw new AdapterException($"{pickled} holds pickled weights, which are not supported; save the model as {Single}.");
            else
                throw new AdapterException($"{folder} holds no model: there is neither {Single} nor {Index}.");
            return weights;
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>Fills a model's parameters and buffers, each read once, straight into its place.</summary>
    /// <exception cref="AdapterException">When names or shapes do not agree.</exception>
    public void LoadInto(BaseModel model, bool headOptional)
    {
        var names = model.FileNames;
        var wanted = model.named_parameters().Select(pair => (Name: pair.name, Tensor: (Tensor)pair.parameter))
            .Concat(model.named_buffers().Select(pair => (Name: pair.name, Tensor: pair.buffer))).ToArray();
        var found = wanted.ToDictionary(weight => weight.Name, weight => names.NamesFor(weight.Name).FirstOrDefault(_byName.ContainsKey));

        var missing = found.Where(pair => pair.Value is null).Select(pair => pair.Key).ToArray();
        var known = found.Keys.SelectMany(names.NamesFor).ToHashSet(StringComparer.Ordinal);
        var unexpected = _byName.Keys.Where(name => !known.Contains(name) && !IsPositionNumbers(name) && !names.Ignored(name));
        if (headOptional)
            (missing, unexpected) = ([.. missing.Where(name => !names.IsHead(name))], unexpected.Where(name => !names.IsHead(name)));
        Refuse(model.Family, missing, [.. unexpected]);

        if (found.ContainsValue(null))
            Initialise(model);
        foreach (var (name, tensor) in wanted)
        {
            if (found[name] is not { } stored)
                continue;
            if (names.AnyLength(name))
                TakeRows(tensor, _byName[stored].Entries[stored].Shape);
            _byName[stored].ReadInto(stored, tensor);
        }
    }

    public void Dispose() => _files.ForEach(file => file.Dispose());

    /// <summary>A buffer that counts 0, 1, 2, …, which older files of every family may hold.</summary>
    private static bool IsPositionNumbers(string name) => name.EndsWith("position_ids", StringComparison.Ordinal);

    /// <summary>Gives a table as many rows as it has in the file.</summary>
    private static void TakeRows(Tensor table, IReadOnlyList<long> stored)
    {
        if (stored.Count != table.dim() || stored[0] < 1)
            return; // another shape altogether, which is refused when it is read
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        table.set_(zeros([stored[0], .. table.shape[1..]], dtype: table.dtype, device: table.device));
    }

    private static void Initialise(BaseModel model)
    {
        using var generator = new Generator(0);
        model.Initialise(generator);
    }

    private void Refuse(string family, string[] missing, string[] unexpected)
    {
        if (missing.Length + unexpected.Length == 0)
            return;
        var lacks = missing.Length == 0 ? "" : $" Missing: {string.Join(", ", missing)}.";
        var exceeds = unexpected.Length == 0 ? "" : $" Unexpected: {string.Join(", ", unexpected)}.";
        throw new AdapterException(
            $"The weights in {_folder} are not those of the {family} model that config.json describes.{lacks}{exceeds}");
    }

    private SafeTensorsFile AddWhole(string name)
    {
        var file = SafeTensorsFile.Open(Path.Combine(_folder, name));
        _files.Add(file);
        foreach (var tensor in file.Entries.Keys)
            _byName[tensor] = file;
        return file;
    }

    private void AddShards()
    {
        var path = Path.Combine(_folder, Index);
        var shards = new Dictionary<string, SafeTensorsFile>(StringComparer.Ordinal);
        foreach (var (tensor, shard) in ReadMap(path))
        {
            if (Path.GetFileName(shard) != shard || shard is "" or "." or "..")
                throw new AdapterException($"{path} places '{tensor}' in '{shard}'; shards must be files of the same folder.");
            if (!shards.TryGetValue(shard, out var file))
                shards.Add(shard, file = AddWhole(shard));
            if (!file.Entries.ContainsKey(tensor))
                throw new AdapterException($"{path} places '{tensor}' in {shard}, which does not hold it.");
        }
    }

    private static IReadOnlyList<KeyValuePair<string, string>> ReadMap(string path)
    {
        try
        {
            return (JsonNode.Parse(File.ReadAllBytes(path), documentOptions: Strict) as JsonObject)?["weight_map"] is JsonObject map
                ? [.. map.Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.ToString() ?? ""))]
                : throw new AdapterException($"{path} has no object 'weight_map'.");
        }
        catch (JsonException e)
        {
            throw new AdapterException($"{path} is not an index of shards: {e.Message}", e);
        }
    }
}
