namespace Adapters.Tasks.Data;

/// <summary>The subjects that documentation falls into by the name of its assembly.</summary>
public static class Domains
{
    /// <summary>What no prefix claims: the runtime's own library.</summary>
    public const string Core = "core";

    // The first prefix that fits counts, so System.Net.Http is web before System.Net is networking.
    private static readonly (string Prefix, string Domain)[] Prefixes =
    [
        ("System.Runtime.Intrinsics", "intrinsics"),
        ("Microsoft.AspNetCore", "web"),
        ("System.Net.Http", "web"),
        ("System.Net", "networking"),
        ("System.Data", "data"),
        ("System.Xml", "data"),
        ("System.Text.Json", "data"),
        ("System.Linq", "data"),
        ("System.Security", "security"),
        ("System.Reflection", "reflection"),
        ("System.ComponentModel", "reflection"),
        ("Microsoft.Extensions", "extensions"),
        ("Microsoft.VisualBasic", "visual-basic"),
    ];

    /// <summary>All domains, in a fixed order.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Prefixes.Select(entry => entry.Domain).Append(Core).Distinct()];

    /// <summary>Domains that the product's own bases never see, so that an adapter has something new to learn.</summary>
    public static IReadOnlyList<string> KeptFromBases { get; } = ["web", "data", "security", "intrinsics", "networking"];

    /// <summary>What the product's own bases are pretrained on.</summary>
    public static IReadOnlyList<string> General { get; } = [.. All.Except(KeptFromBases)];

    /// <summary>The domain of an assembly.</summary>
    public static string Of(string assembly)
    {
        foreach (var (prefix, domain) in Prefixes)
            if (assembly.StartsWith(prefix, StringComparison.Ordinal))
                return domain;
        return Core;
    }
}
