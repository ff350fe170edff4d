using System.Text.Json;
using System.Text.Json.Nodes;
using Adapters.Methods;
using static TorchSharp.torch;

namespace Adapters.Verification;

/// <summary>Finds the cases beneath a folder: each <c>case.json</c> is one, each <c>manifest.json</c> lists some.</summary>
internal static class GoldenFolder
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };
    private static readonly string[] Categories = ["models", "methods", "peft"];

    /// <summary>The description files beneath a folder, in the order of their paths.</summary>
    /// <exception cref="AdapterException">When there is no such folder.</exception>
    public static IEnumerable<string> Descriptions(string folder) => Directory.Exists(folder)
        ? Directory.EnumerateFiles(folder, "*.json", SearchOption.AllDirectories)
            .Where(path => Path.GetFileName(path) is "case.json" or "manifest.json").Order(StringComparer.Ordinal)
        : throw new AdapterException($"There is no folder '{folder}'.");

    /// <summary>The cases that a description file holds, by the name that a report calls each.</summary>
    /// <exception cref="AdapterException">When it is not of this format.</exception>
    public static IEnumerable<(string Name, GoldenCase Case)> Cases(string path, Device device)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var content = Parse(path);
        return Path.GetFileName(path) == "case.json"
            ? [("", new GoldenCase { Folder = folder, Description = content, Kind = KindOf(folder, content), Device = device })]
            : Listed(path, folder, content, device);
    }

    private static IEnumerable<(string, GoldenCase)> Listed(string path, string folder, JsonObject manifest, Device device)
    {
        if (manifest["cases"] is not JsonArray cases)
            throw new AdapterException($"{path} has no list 'cases'.");
        foreach (var entry in cases)
        {
            if (entry is not JsonObject description || Text(description["name"]) is not { } name)
                throw new AdapterException($"{path} lists a case without a 'name'.");
            yield return (name, new GoldenCase
            {
                Folder = folder,
                Description = description,
                Kind = $"core/{Text(manifest["method"]) ?? Path.GetFileName(folder)}",
                Device = device,
            });
        }
    }

    private static JsonObject Parse(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllBytes(path), documentOptions: Strict) as JsonObject
                ?? throw new AdapterException($"{path} is not a JSON object.");
        }
        catch (JsonException e)
        {
            throw new AdapterException($"{path} is not valid JSON: {e.Message}", e);
        }
    }

    /// <summary>The category is read off the folders where they tell it, else off the fields that only it has.</summary>
    private static string KindOf(string folder, JsonObject description)
    {
        var parent = Path.GetDirectoryName(folder) ?? folder;
        var above = Path.GetFileName(Path.GetDirectoryName(parent));
        var category = Categories.Contains(above) ? above
            : description.ContainsKey("family") ? "models"
            : description.ContainsKey("layer") ? "peft" : "methods";
        return $"{category}/{Text(description["family"]) ?? Text(description["method"]) ?? Path.GetFileName(parent)}";
    }

    private static string? Text(JsonNode? node) =>
        node?.GetValueKind() is JsonValueKind.String ? node.GetValue<string>() : null;
}
