using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace Experiments.Tests.SweepFiles;

/// <summary>As much of JSON Schema draft-07 as the sweep schema uses. A keyword that is not known here fails the test that
/// meets it, so that nothing in the schema goes unchecked.</summary>
internal sealed class DraftSeven(JsonObject schema)
{
    /// <summary>Where a document does not fit; empty where it does.</summary>
    public IReadOnlyList<string> Misfits(JsonNode? document) => [.. Check("", document, schema)];

    /// <summary>YAML as an editor reads it, by the core schema of YAML 1.2.</summary>
    public static JsonNode? FromYaml(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return ToJson(stream.Documents[0].RootNode);
    }

    private IEnumerable<string> Check(string path, JsonNode? value, JsonObject rules) => rules.SelectMany(rule => rule.Key switch
    {
        "$schema" or "title" or "description" or "definitions" => [],
        "$ref" => Check(path, value, Resolve((string)rule.Value!)),
        "type" => IsOf(value, (string)rule.Value!) ? [] : [$"{path} is not of type {rule.Value}"],
        "enum" => rule.Value!.AsArray().Any(allowed => JsonNode.DeepEquals(allowed, value)) ? [] : [$"{path} is none of {rule.Value}"],
        "const" => JsonNode.DeepEquals(rule.Value, value) ? [] : [$"{path} is not {rule.Value}"],
        "anyOf" => rule.Value!.AsArray().Any(option => !Check(path, value, option!.AsObject()).Any()) ? [] : [$"{path} fits none"],
        "minimum" => Number(value) < (double)rule.Value! ? [$"{path} is below {rule.Value}"] : [],
        "maximum" => Number(value) > (double)rule.Value! ? [$"{path} is above {rule.Value}"] : [],
        "exclusiveMinimum" => Number(value) <= (double)rule.Value! ? [$"{path} is not above {rule.Value}"] : [],
        "exclusiveMaximum" => Number(value) >= (double)rule.Value! ? [$"{path} is not below {rule.Value}"] : [],
        "pattern" => value is JsonValue text && IsOf(text, "string") && !Regex.IsMatch((string)text!, (string)rule.Value!)
            ? [$"{path} does not match {rule.Value}"]
            : [],
        "items" => value is JsonArray list
            ? list.SelectMany((item, index) => Check($"{path}[{index}]", item, rule.Value!.AsObject()))
            : [],
        "minItems" => value is JsonArray { Count: var count } && count < (int)rule.Value! ? [$"{path} has too few"] : [],
        "uniqueItems" => value is JsonArray unique && unique.Select(item => item?.ToJsonString()).Distinct().Count() < unique.Count
            ? [$"{path} repeats"]
            : [],
        "required" => value is JsonObject map
            ? rule.Value!.AsArray().Where(key => !map.ContainsKey((string)key!)).Select(key => $"{path} lacks {key}")
            : [],
        "minProperties" => value is JsonObject { Count: var keys } && keys < (int)rule.Value! ? [$"{path} is empty"] : [],
        "properties" => value is JsonObject map
            ? map.Where(pair => rule.Value!.AsObject().ContainsKey(pair.Key))
                .SelectMany(pair => Check($"{path}.{pair.Key}", pair.Value, rule.Value![pair.Key]!.AsObject()))
            : [],
        "additionalProperties" => value is JsonObject map
            ? map.Where(pair => !rules["properties"]!.AsObject().ContainsKey(pair.Key)).Select(pair => $"{path}.{pair.Key} is unknown")
            : [],
        _ => throw new NotSupportedException($"'{rule.Key}' is not checked here."),
    });

    private JsonObject Resolve(string reference) => schema["definitions"]![reference["#/definitions/".Length..]]!.AsObject();

    private static double? Number(JsonNode? value) => IsOf(value, "number") ? (double)value! : null;

    private static bool IsOf(JsonNode? value, string type) => type switch
    {
        "object" => value is JsonObject,
        "array" => value is JsonArray,
        "string" => value is JsonValue text && text.TryGetValue<string>(out _),
        "boolean" => value is JsonValue flag && flag.TryGetValue<bool>(out _),
        "number" => value is JsonValue number && number.TryGetValue<double>(out _),
        "integer" => value is JsonValue number && number.TryGetValue<double>(out var whole) && whole == Math.Floor(whole),
        _ => throw new NotSupportedException($"The type '{type}' is not checked here."),
    };

    private static JsonNode? ToJson(YamlNode node)
    {
        switch (node)
        {
            case YamlMappingNode map:
                var json = new JsonObject();
                foreach (var (key, value) in map.Children)
                    json[((YamlScalarNode)key).Value!] = ToJson(value);
                return json;
            case YamlSequenceNode list:
                return new JsonArray([.. list.Children.Select(ToJson)]);
            case YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain, Value: var plain }:
                return plain is "true" or "false" ? JsonValue.Create(plain == "true")
                    : double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? JsonValue.Create(number)
                    : JsonValue.Create(plain);
            default:
                return JsonValue.Create(((YamlScalarNode)node).Value);
        }
    }
}
