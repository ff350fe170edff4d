using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Experiments.Sweeps;

/// <summary>A typed value of a parameter, so that <c>1</c>, <c>1.0</c>, <c>"1"</c> and <c>true</c> stay apart.</summary>
[JsonConverter(typeof(ParameterValueConverter))]
public abstract record ParameterValue
{
    private ParameterValue()
    {
    }

    /// <summary>A whole number.</summary>
    public sealed record Integer(long Value) : ParameterValue
    {
        /// <inheritdoc/>
        public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>A real number.</summary>
    public sealed record Real(double Value) : ParameterValue
    {
        /// <inheritdoc/>
        public override string ToString() => Value.ToString("R", CultureInfo.InvariantCulture);
    }

    /// <summary>A text.</summary>
    public sealed record Text(string Value) : ParameterValue
    {
        /// <inheritdoc/>
        public override string ToString() => Value;
    }

    /// <summary>True or false.</summary>
    public sealed record Flag(bool Value) : ParameterValue
    {
        /// <inheritdoc/>
        public override string ToString() => Value ? "true" : "false";
    }

    /// <summary>Several values in order, for example target modules.</summary>
    public sealed record List(EquatableArray<ParameterValue> Values) : ParameterValue
    {
        /// <inheritdoc/>
        public override string ToString() => $"[{string.Join(", ", Values)}]";
    }
}

/// <summary>The JSON form.</summary>
public sealed class ParameterValueConverter : JsonConverter<ParameterValue>
{
    /// <inheritdoc/>
    public override ParameterValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String: return new ParameterValue.Text(reader.GetString()!);
            case JsonTokenType.True: return new ParameterValue.Flag(true);
            case JsonTokenType.False: return new ParameterValue.Flag(false);
            case JsonTokenType.Number: return Number(ref reader);
            case JsonTokenType.StartArray:
                var values = new List<ParameterValue>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    values.Add(Read(ref reader, typeToConvert, options));
                return new ParameterValue.List([.. values]);
            default: throw new JsonException($"A parameter value cannot be {reader.TokenType}.");
        }
    }

    /// <summary>A real is always written with a point or an exponent, so a number without either is an integer.</summary>
    private static ParameterValue Number(ref Utf8JsonReader reader)
    {
        foreach (var digit in reader.ValueSpan)
        {
            if (digit is (byte)'.' or (byte)'e' or (byte)'E')
                return new ParameterValue.Real(reader.GetDouble());
        }

        return new ParameterValue.Integer(reader.GetInt64());
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ParameterValue value, JsonSerializerOptions options)
    {
        switch (value)
        {
            case ParameterValue.Integer integer: writer.WriteNumberValue(integer.Value); break;
            case ParameterValue.Real real:
                var text = real.ToString();
                writer.WriteRawValue(text.AsSpan().IndexOfAny('.', 'E', 'e') < 0 ? text + ".0" : text);
                break;
            case ParameterValue.Text text2: writer.WriteStringValue(text2.Value); break;
            case ParameterValue.Flag flag: writer.WriteBooleanValue(flag.Value); break;
            case ParameterValue.List list:
                writer.WriteStartArray();
                foreach (var element in list.Values)
                    Write(writer, element, options);
                writer.WriteEndArray();
                break;
        }
    }
}
