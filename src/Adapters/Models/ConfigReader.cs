using System.Text.Json;
using System.Text.Json.Nodes;
using Adapters.Methods;

namespace Adapters.Models;

/// <summary>
/// Reads the fields of a <c>config.json</c>. A field that is absent or null takes the default that the caller names,
/// because published files leave defaults out.
/// </summary>
internal sealed class ConfigReader
{
    private readonly JsonElement _fields;
    private readonly string _place;

    /// <param name="config">The content of the file.</param>
    public ConfigReader(JsonObject config) : this(JsonSerializer.SerializeToElement(config), "") { }

    private ConfigReader(JsonElement fields, string place) => (_fields, _place) = (fields, place);

    /// <summary>Whether the field is there at all, be it null.</summary>
    public bool Has(string field) => _fields.TryGetProperty(field, out _);

    /// <summary>An integer from <paramref name="least"/>.</summary>
    public int Integer(string field, int otherwise, int least = 1) => Find(field) is not { } value ? otherwise
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least ? number
        : throw Fault(field, $"an integer from {least}");

    /// <summary>An integer from 1, or null where the field is null; where it is absent, the default.</summary>
    public int? IntegerOrNull(string field, int? otherwise) => !Has(field) ? otherwise
        : Find(field) is null ? null : Integer(field, 1);

    /// <summary>A finite number.</summary>
    public double Number(string field, double otherwise) => Find(field) is not { } value ? otherwise
        : value.ValueKind == JsonValueKind.Number ? value.GetDouble() : throw Fault(field, "a number");

    /// <summary>A number that must be there.</summary>
    public double Number(string field) => Find(field) is null ? throw Fault(field, "a number") : Number(field, 0);

    /// <summary>True or false.</summary>
    public bool Flag(string field, bool otherwise) => Find(field) is not { } value ? otherwise
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Fault(field, "true or false");

    /// <summary>A string.</summary>
    public string Text(string field, string otherwise) => TextOrNull(field) ?? otherwise;

    /// <summary>A string, or null where the field is absent or null.</summary>
    public string? TextOrNull(string field) => Find(field) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Fault(field, "a string");

    /// <summary>A list of integers from 0.</summary>
    public IReadOnlyList<int> Integers(string field, IReadOnlyList<int> otherwise) => Find(field) is not { } value ? otherwise
        : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(element =>
            element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var number) && number >= 0
                ? number : throw Fault(field, "a list of integers from 0"))]
        : throw Fault(field, "a list of integers from 0");

    /// <summary>A size in pixels: one integer for a square, or a list of height and width.</summary>
    public (int Height, int Width) Size(string field, int otherwise)
    {
        if (Find(field) is not { ValueKind: JsonValueKind.Array })
            return (Integer(field, otherwise), Integer(field, otherwise));
        return Integers(field, []) is [> 0 and var height, > 0 and var width] ? (height, width)
            : throw Fault(field, "an integer from 1, or a list of height and width");
    }

    /// <summary>The number of entries of an object, or null where the field is absent.</summary>
    public int? CountOf(string field) => Find(field) is { ValueKind: JsonValueKind.Object } value ? value.EnumerateObject().Count() : null;

    /// <summary>An object within, or null where the field is absent or null.</summary>
    public ConfigReader? Section(string field) => Find(field) is not { } value ? null
        : value.ValueKind == JsonValueKind.Object ? new ConfigReader(value, $"{_place}{field}.") : throw Fault(field, "an object");

    /// <summary>The sentence for a field that is not as it must be.</summary>
    public AdapterException Fault(string field, string wanted) => new(
        $"config.json: '{_place}{field}' must be {wanted}, but is {(Find(field)?.GetRawText() is { } raw ? raw : "absent")}.");

    private JsonElement? Find(string field) =>
        _fields.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
