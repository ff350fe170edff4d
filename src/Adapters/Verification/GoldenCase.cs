using System.Text.Json;
using System.Text.Json.Nodes;
using Adapters.Methods;
using static TorchSharp.torch;

namespace Adapters.Verification;

/// <summary>
/// One case: a description (<c>case.json</c>, or an entry of a <c>manifest.json</c>) and the files beside it.
/// </summary>
public sealed class GoldenCase
{
    private readonly Dictionary<string, GoldenTensors> _files = [];

    /// <summary>The folder with the case's files.</summary>
    public required string Folder { get; init; }

    /// <summary>The description.</summary>
    public required JsonObject Description { get; init; }

    /// <summary><c>CATEGORY/NAME</c>: which <see cref="IGoldenKind"/> checks it.</summary>
    public required string Kind { get; init; }

    /// <summary>Where the case is computed.</summary>
    public Device Device { get; init; } = CPU;

    /// <summary>The files that were asked for.</summary>
    internal IReadOnlyDictionary<string, GoldenTensors> Files => _files;

    /// <summary>The full path of a file of this case.</summary>
    public string PathOf(string file) => Path.Combine(Folder, file);

    /// <summary>The tensors of a file of this case.</summary>
    /// <exception cref="AdapterException">When it cannot be read.</exception>
    public GoldenTensors Tensors(string file)
    {
        if (!_files.TryGetValue(file, out var tensors))
            _files.Add(file, tensors = new GoldenTensors(PathOf(file), Device));
        return tensors;
    }

    /// <summary>The tensors of a file of this case; null when there is no such file.</summary>
    public GoldenTensors? TensorsIfAny(string file) => File.Exists(PathOf(file)) ? Tensors(file) : null;

    /// <summary>
    /// The tolerance of a tensor: one for the case, or one for each group (<c>out</c>, <c>grad</c>, <c>after</c>), the
    /// group being the first part of the tensor's name.
    /// </summary>
    /// <exception cref="AdapterException">When the description has none.</exception>
    public Tolerance ToleranceOf(string tensor)
    {
        var stated = Description["tolerance"] as JsonObject;
        if (stated?[tensor.Split('.')[0]] is JsonObject group)
            stated = group;
        return Number(stated?["abs"]) is { } absolute
            ? new Tolerance(absolute, Number(stated!["rel"]) ?? 0)
            : throw new AdapterException("The description has no number 'tolerance.abs'.");
    }

    /// <summary>
    /// Whether gradients agree far more tightly than the tolerance asks: those of whole models do, unless the case
    /// states a tolerance of their own.
    /// </summary>
    internal bool HasLooseGradients =>
        Kind.StartsWith("models/", StringComparison.Ordinal) && NodeAt("tolerance.grad") is not JsonObject;

    /// <summary>A number of the description by its path, such as <c>hyperparameters.rank</c>; null where it is absent.</summary>
    public double? NumberAt(string path) => Number(NodeAt(path));

    /// <summary>Part of the description by its path; null where it is absent.</summary>
    public JsonNode? NodeAt(string path) =>
        path.Split('.').Aggregate((JsonNode?)Description, (node, field) => (node as JsonObject)?[field]);

    private static double? Number(JsonNode? node) =>
        node?.GetValueKind() is JsonValueKind.Number ? node.GetValue<double>() : null;
}
