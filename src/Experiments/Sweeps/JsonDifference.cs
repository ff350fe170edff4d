using System.Text.Json;

namespace Experiments.Sweeps;

/// <summary>Where two JSON values differ, in lines such as <c>tasks.lesions.methods.lora.rank.high: 16 -> 32</c>.</summary>
internal static class JsonDifference
{
    /// <summary>Levels that a person who wrote the sweep file does not know.</summary>
    private static readonly string[] _silent = ["space", "parameters", "domain"];

    /// <param name="path">What the values are called.</param>
    /// <param name="old">The value before; null where there was none.</param>
    /// <param name="now">The value now; null where there is none.</param>
    public static IEnumerable<string> Between(string path, JsonElement? old, JsonElement? now)
    {
        if (old is not { } one || now is not { } other)
            return [$"{path}: {Show(old)} -> {Show(now)}"];
        if (JsonElement.DeepEquals(one, other))
            return [];
        if (Members(one) is not { } before || Members(other) is not { } after)
            return [$"{path}: {Show(one)} -> {Show(other)}"];

        var lines = before.Keys.Union(after.Keys)
            .SelectMany(name => Between(_silent.Contains(name) ? path : $"{path}.{name}", Find(before, name), Find(after, name)))
            .ToList();
        return lines.Count > 0 ? lines : [$"{path}: {string.Join(", ", before.Keys)} -> {string.Join(", ", after.Keys)}"];
    }

    private static JsonElement? Find(Dictionary<string, JsonElement> members, string name) =>
        members.TryGetValue(name, out var found) ? found : null;

    /// <summary>What an object or a list of objects holds, by name. Elements of a list go by their own names where these
    /// differ, else by position.</summary>
    private static Dictionary<string, JsonElement>? Members(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Object)
            return element.EnumerateObject().ToDictionary(property => property.Name, property => property.Value);
        if (element.ValueKind != JsonValueKind.Array || !element.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Object))
            return null;

        var names = element.EnumerateArray().Select(NameOf).ToList();
        var areNames = names.Distinct().Count() == names.Count && !names.Contains(null);
        return element.EnumerateArray()
            .Select((item, index) => (Name: areNames ? names[index]! : index.ToString(), Item: item))
            .ToDictionary(pair => pair.Name, pair => pair.Item);
    }

    private static string? NameOf(JsonElement item) =>
        (item.TryGetProperty("name", out var name) || item.TryGetProperty("task", out name) || item.TryGetProperty("parent", out name))
        && name.ValueKind == JsonValueKind.String ? name.GetString() : null;

    /// <summary>A value as it is; what holds others only as being there, because it would fill the screen.</summary>
    private static string Show(JsonElement? value) => value switch
    {
        null => "absent",
        { ValueKind: JsonValueKind.Object } => "present",
        { } other => other.GetRawText(),
    };
}
