using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Experiments.Sweeps;

/// <summary>The values that one trial was given, by parameter name; a parameter whose condition does not hold is absent.
/// Two configurations are equal when they hold equal values, whatever the order.</summary>
[JsonConverter(typeof(ConfigurationConverter))]
public sealed class Configuration : IEquatable<Configuration>
{
    private string? _text;

    /// <summary>A configuration of these values.</summary>
    public Configuration(IEnumerable<KeyValuePair<string, ParameterValue>> values) =>
        Values = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, values);

    /// <summary>No values: every option takes its default.</summary>
    public static Configuration Empty { get; } = new([]);

    /// <summary>The values in ordinal order of their names, which is also the order of <see cref="ToString"/>.</summary>
    public ImmutableSortedDictionary<string, ParameterValue> Values { get; }

    /// <summary>Steps that a parameter of that name asks for; null where none says how far a trial goes.</summary>
    public int? Steps => Values.GetValueOrDefault("steps") is ParameterValue.Integer { Value: var steps } ? (int)steps : null;

    /// <inheritdoc/>
    public bool Equals(Configuration? other) => other is not null && Values.SequenceEqual(other.Values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Configuration);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var (name, value) in Values)
        {
            hash.Add(name, StringComparer.Ordinal);
            hash.Add(value);
        }

        return hash.ToHashCode();
    }

    /// <summary>Canonical JSON.</summary>
    public override string ToString() => _text ??= JsonSerializer.Serialize(this);
}

/// <summary>The JSON form.</summary>
public sealed class ConfigurationConverter : JsonConverter<Configuration>
{
    /// <inheritdoc/>
    public override Configuration Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(JsonSerializer.Deserialize<Dictionary<string, ParameterValue>>(ref reader, options)!);

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Configuration value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (name, parameter) in value.Values)
        {
            writer.WritePropertyName(name);
            JsonSerializer.Serialize(writer, parameter, options);
        }

        writer.WriteEndObject();
    }
}
