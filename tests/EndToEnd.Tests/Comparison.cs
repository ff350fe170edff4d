using System.Text.Json.Nodes;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>The comparison as the program gives it to other programs, without what no two runs share: times and memory.</summary>
internal static class Comparison
{
    private static readonly string[] Volatile = ["seconds", "bytes", "pareto", "started", "ended"];

    public static async Task<string> Of(string sweep, string data)
    {
        var (exitCode, output, error) = await OrchestratorProcess.RunAsync("compare", sweep, "--json", "--data", data);
        Assert.True(exitCode == 0, error);
        return Stripped(output);
    }

    /// <summary>A comparison as JSON without what no two runs share.</summary>
    public static string Stripped(string json)
    {
        var document = JsonNode.Parse(json)!;
        Strip(document);
        return document.ToJsonString();
    }

    private static void Strip(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject properties:
                foreach (var name in properties.Select(property => property.Key).ToList())
                {
                    if (Array.Exists(Volatile, word => name.Contains(word, StringComparison.Ordinal)))
                        properties.Remove(name);
                    else
                        Strip(properties[name]);
                }

                break;
            case JsonArray items:
                foreach (var item in items)
                    Strip(item);
                break;
        }
    }
}
