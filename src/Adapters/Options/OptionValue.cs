using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Adapters.Methods;

namespace Adapters.Options;

/// <summary>One value of an option between JSON and the type of its property.</summary>
internal static class OptionValue
{
    public static OptionKind? KindOf(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(int) ? OptionKind.Integer
            : type == typeof(double) ? OptionKind.Real
            : type == typeof(bool) ? OptionKind.Flag
            : type == typeof(string) || type.IsEnum ? OptionKind.Text
            : type == typeof(IReadOnlyList<int>) ? OptionKind.IntegerList
            : type == typeof(IReadOnlyList<double>) ? OptionKind.RealList
            : type == typeof(IReadOnlyList<string>) ? OptionKind.TextList
            : null;
    }

    /// <summary>Spellings of an enum's members: <c>causal-mean</c> for <c>CausalMean</c>, or as an attribute says.</summary>
    public static IReadOnlyList<string> ChoicesOf(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type.IsEnum ? [.. Enum.GetNames(type).Select(name => Spell(type, name))] : [];
    }

    public static JsonNode? Write(object? value) => value switch
    {
        null => null,
        int number => number,
        double number => number,
        bool flag => flag,
        string text => text,
        Enum choice => Spell(choice.GetType(), choice.ToString()),
        IEnumerable list => new JsonArray([.. list.Cast<object>().Select(Write)]),
        _ => throw new NotSupportedException($"{value.GetType()} is no type that an option can have."),
    };

    /// <exception cref="AdapterException">When the value is of another kind or outside the option's limits.</exception>
    public static object Read(JsonNode value, Option option, Type type, string owner)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return option.Kind switch
        {
            OptionKind.Flag => value.GetValueKind() switch
            {
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                _ => throw Wrong("true or false"),
            },
            OptionKind.Integer => Whole(value),
            OptionKind.Real => Limited(Number(value) ?? throw Wrong("a number")),
            OptionKind.Text => type.IsEnum ? Choice(value) : Text(value),
            OptionKind.IntegerList => Items().Select(Whole).ToArray(),
            OptionKind.RealList => Items().Select(node => Limited(Number(node) ?? throw Wrong(Kind()))).ToArray(),
            _ => Items().Select(Text).ToArray(),
        };

        object Choice(JsonNode node)
        {
            var spelling = Text(node);
            return Enum.Parse(type, Enum.GetNames(type).First(name => Spell(type, name) == spelling));
        }

        string Text(JsonNode node)
        {
            if (node.GetValueKind() != JsonValueKind.String)
                throw Wrong(option.Kind == OptionKind.TextList ? Kind() : "a text");
            var text = node.GetValue<string>();
            if (option.Choices.Count > 0 && !option.Choices.Contains(text))
                throw Wrong($"one of {string.Join(", ", option.Choices)}");
            return text;
        }

        int Whole(JsonNode node)
        {
            var number = Number(node);
            if (number is null || number != Math.Floor(number.Value) || Math.Abs(number.Value) > int.MaxValue)
                throw Wrong(option.Kind == OptionKind.IntegerList ? Kind() : "a whole number");
            return (int)Limited(number.Value);
        }

        double Limited(double number) =>
            number < option.Minimum || number > option.Maximum ? throw Wrong(Limits()) : number;

        IEnumerable<JsonNode> Items() => value is JsonArray array && array.All(item => item is not null)
            ? array.OfType<JsonNode>()
            : throw Wrong(Kind());

        string Kind() => option.Kind switch
        {
            OptionKind.TextList => "a list of texts",
            OptionKind.RealList => "a list of numbers",
            _ => "a list of whole numbers",
        };

        string Limits() => option.Maximum >= 1e8 // a limit that is there for form's sake
            ? $"at least {option.Minimum}"
            : $"from {option.Minimum} to {option.Maximum}";

        AdapterException Wrong(string right) => new(
            $"Option '{option.Name}' of {owner} is {Quote(value)}, but must be {right}.");
    }

    private static double? Number(JsonNode node)
    {
        if (node is not JsonValue value || value.GetValueKind() != JsonValueKind.Number)
            return null;
        if (!value.TryGetValue(out double number)) // made from an integer, or parsed
            number = double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture);
        return double.IsFinite(number) ? number : null;
    }

    /// <summary>The value as a message quotes it. JSON itself refuses to write infinities.</summary>
    private static string Quote(JsonNode node) => node is JsonValue value && value.TryGetValue(out double number)
        ? number.ToString(CultureInfo.InvariantCulture)
        : node.ToJsonString();

    private static string Spell(Type type, string name) =>
        type.GetField(name)!.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name
        ?? JsonNamingPolicy.KebabCaseLower.ConvertName(name);
}
