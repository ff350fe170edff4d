using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Experiments.Trials;

/// <summary>A trial of a sweep. Numbers are given once, in order of creation; shown as <c>t12</c>.</summary>
[JsonConverter(typeof(TrialIdConverter))]
public readonly record struct TrialId(int Number) : IComparable<TrialId>
{
    /// <inheritdoc/>
    public int CompareTo(TrialId other) => Number.CompareTo(other.Number);

    /// <inheritdoc/>
    public override string ToString() => $"t{Number}";
}

/// <summary>One run of a trial; a retry has the next number, which is the token that fences the earlier ones. Shown as
/// <c>t12.2</c>.</summary>
public readonly record struct AttemptId(TrialId Trial, int Number)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Trial}.{Number}";
}

/// <summary>The JSON form: the number.</summary>
public sealed class TrialIdConverter : JsonConverter<TrialId>
{
    /// <inheritdoc/>
    public override TrialId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetInt32());

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TrialId value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value.Number);

    /// <inheritdoc/>
    public override TrialId ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(int.Parse(reader.GetString()!, CultureInfo.InvariantCulture));

    /// <inheritdoc/>
    public override void WriteAsPropertyName(Utf8JsonWriter writer, TrialId value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value.Number.ToString(CultureInfo.InvariantCulture));
}
