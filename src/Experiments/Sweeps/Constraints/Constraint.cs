using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Experiments.Sweeps;

/// <summary>
/// A rule over parameters, such as <c>rank * experts &lt;= 64 or optimizer == 'sgd'</c>: numbers, texts in quotes, true and
/// false, names of parameters, <c>+ - * /</c>, <c>== != &lt; &lt;= &gt; &gt;=</c>, <c>and</c>, <c>or</c>, <c>not</c> and
/// parentheses, which bind as in Python. It holds where a parameter that it names is absent. Equal texts are equal rules.
/// </summary>
[JsonConverter(typeof(ConstraintConverter))]
public sealed class Constraint : IEquatable<Constraint>
{
    private readonly Expression _rule;

    /// <summary>Reads a rule.</summary>
    /// <exception cref="ConstraintException">When the text is none.</exception>
    public Constraint(string text)
    {
        Text = text;
        _rule = new ConstraintParser(text).Read();
        Names = [.. _rule.Names.Distinct()];
    }

    /// <summary>The rule as it was written.</summary>
    public string Text { get; }

    /// <summary>The parameters that it names, in order of their first mention.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>Whether it holds among these values, as it does where one of its parameters has none.</summary>
    public bool HoldsIn(IReadOnlyDictionary<string, ParameterValue> values)
    {
        foreach (var name in Names)
        {
            if (!values.ContainsKey(name))
                return true;
        }

        return _rule.In(values).IsTrue;
    }

    /// <summary>Finds what can never be meant: a name that is none of the parameters, a text where a number is due or
    /// that is none of its choices, a number where true or false is.</summary>
    /// <param name="parameters">What the parameters are.</param>
    /// <exception cref="ConstraintException">When there is such a thing.</exception>
    public void Check(IReadOnlyDictionary<string, OptionDescription> parameters)
    {
        if (_rule.KindAmong(parameters) is var kind && kind != OperandKind.Flag)
        {
            throw _rule.At.Refused(
                $"a constraint is true or false, but '{_rule.At}' is {kind.Named()}; compare it, as in 'rank * experts <= 64'.");
        }
    }

    /// <inheritdoc/>
    public bool Equals(Constraint? other) => other?.Text == Text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Constraint);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Text);

    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>A constraint that cannot be read or can never be meant.</summary>
/// <param name="message">One sentence.</param>
/// <param name="start">Where the mistake begins in the text, from 0.</param>
/// <param name="length">How many characters are wrong, at least 1.</param>
public sealed class ConstraintException(string message, int start, int length) : FormatException(message)
{
    /// <summary>Where the mistake begins in the text, from 0.</summary>
    public int Start { get; } = start;

    /// <summary>How many characters are wrong, at least 1.</summary>
    public int Length { get; } = length;
}

/// <summary>The JSON form: the text.</summary>
public sealed class ConstraintConverter : JsonConverter<Constraint>
{
    /// <inheritdoc/>
    public override Constraint Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            return new Constraint(reader.GetString()!);
        }
        catch (ConstraintException error)
        {
            throw new JsonException(error.Message, error);
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Constraint value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Text);
}
