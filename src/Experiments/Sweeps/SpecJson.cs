using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Experiments.Sweeps;

/// <summary>Canonical JSON of a sweep: snake-case names in a fixed order, every default written, no blanks.</summary>
public static class SpecJson
{
    /// <summary>How specs, and what contains them, are written.</summary>
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The canonical text: equal specs have equal texts, and <see cref="Read"/> gives an equal spec back.</summary>
    public static string Write(SweepSpec spec) => JsonSerializer.Serialize(spec, Options);

    /// <summary>The spec of a canonical text.</summary>
    /// <exception cref="JsonException">When the text is no spec.</exception>
    public static SweepSpec Read(string text) =>
        JsonSerializer.Deserialize<SweepSpec>(text, Options) ?? throw new JsonException("The text is null, not a spec.");

    /// <summary>SHA-256 of the canonical text, as lower-case hexadecimal digits.</summary>
    public static string Hash(SweepSpec spec) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Write(spec))));
}
