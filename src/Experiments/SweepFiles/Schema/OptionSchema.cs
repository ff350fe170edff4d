using System.Text.Json.Nodes;
using Experiments.SweepFiles.Reading;
using Experiments.Sweeps;

namespace Experiments.SweepFiles.Schema;

/// <summary>What may stand for an option in a sweep file, as JSON Schema: a value, some choices, a range.</summary>
internal static class OptionSchema
{
    /// <summary>A value or a domain.</summary>
    public static JsonObject Of(OptionDescription option) => new()
    {
        ["description"] = Describe(option),
        ["anyOf"] = new JsonArray(
            Value(option),
            Domain(option),
            new JsonObject { ["$ref"] = "#/definitions/environment" }),
    };

    /// <summary>A plain value.</summary>
    public static JsonObject Value(OptionDescription option) => option.Kind switch
    {
        OptionKind.Integer => Number(option, "integer"),
        OptionKind.Real => Number(option, "number"),
        OptionKind.Flag => new JsonObject { ["type"] = "boolean" },
        OptionKind.IntegerList => List(option with { Kind = OptionKind.Integer }),
        OptionKind.RealList => List(option with { Kind = OptionKind.Real }),
        OptionKind.TextList => List(option with { Kind = OptionKind.Text }),
        _ when option.Choices.Count > 0 => new JsonObject { ["enum"] = Texts(option.Choices) },
        _ => new JsonObject { ["type"] = "string" },
    };

    /// <summary>The summary, and what holds where the file says nothing.</summary>
    public static string Describe(OptionDescription option)
    {
        var summary = option.Summary.Length > 0 ? option.Summary : $"The option {option.Name}.";
        return option.Default is { } usual ? $"{summary} Default: {usual}." : summary;
    }

    public static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(text => JsonValue.Create(text))];

    private static JsonObject List(OptionDescription element) => new() { ["type"] = "array", ["items"] = Value(element) };

    private static JsonObject Number(OptionDescription option, string type)
    {
        var schema = new JsonObject { ["type"] = type };
        if (option.Minimum is { } least)
            schema["minimum"] = least;
        if (option.Maximum is { } most)
            schema["maximum"] = most;
        return schema;
    }

    private static JsonObject Domain(OptionDescription option)
    {
        var properties = new JsonObject
        {
            ["value"] = Value(option),
            ["choices"] = new JsonObject { ["type"] = "array", ["minItems"] = 1, ["uniqueItems"] = true, ["items"] = Value(option) },
        };
        properties["ordinal"] = properties["choices"]!.DeepClone();
        if (option.Kind is OptionKind.Integer or OptionKind.Real)
        {
            properties["type"] = new JsonObject
            {
                ["enum"] = option.Kind == OptionKind.Integer ? Texts(["int"]) : Texts(["float", "int"]),
            };
            properties["low"] = Value(option);
            properties["high"] = Value(option);
            properties["log"] = new JsonObject { ["type"] = "boolean" };
            properties["step"] = new JsonObject { ["type"] = "number", ["exclusiveMinimum"] = 0 };
            properties["points"] = new JsonObject { ["type"] = "integer", ["minimum"] = 2 };
        }

        properties["when"] = new JsonObject { ["$ref"] = "#/definitions/when" };
        foreach (var (name, schema) in properties)
        {
            if (name != "when")
                schema!["description"] = FileKeys.Domain.Summary(name);
        }

        return new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
    }
}
