using static TorchSharp.torch;

namespace Adapters.Checkpoints;

/// <summary>The element types of the safetensors format that Torch can hold.</summary>
internal static class SafeTensorsType
{
    private static readonly Dictionary<string, ScalarType> ByName = new()
    {
        ["F64"] = ScalarType.Float64,
        ["F32"] = ScalarType.Float32,
        ["F16"] = ScalarType.Float16,
        ["BF16"] = ScalarType.BFloat16,
        ["I64"] = ScalarType.Int64,
        ["I32"] = ScalarType.Int32,
        ["I16"] = ScalarType.Int16,
        ["I8"] = ScalarType.Int8,
        ["U8"] = ScalarType.Byte,
        ["BOOL"] = ScalarType.Bool,
    };

    private static readonly Dictionary<ScalarType, string> ByType = ByName.ToDictionary(pair => pair.Value, pair => pair.Key);

    /// <summary>The supported names, for messages.</summary>
    public static string Names => string.Join(", ", ByName.Keys);

    public static bool TryParse(string name, out ScalarType type) => ByName.TryGetValue(name, out type);

    /// <exception cref="NotSupportedException">When the format has no such type, as for complex numbers.</exception>
    public static string NameOf(ScalarType type) => ByType.TryGetValue(type, out var name)
        ? name
        : throw new NotSupportedException($"A safetensors file cannot hold elements of type {type}; it can hold {Names}.");

    /// <summary>Bytes of one element.</summary>
    public static int SizeOf(ScalarType type) => type switch
    {
        ScalarType.Float64 or ScalarType.Int64 => 8,
        ScalarType.Float32 or ScalarType.Int32 => 4,
        ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Int16 => 2,
        _ => 1,
    };
}
