using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace GpuActors.Commands;

/// <summary>
/// A line of metrics: a JSON object whose numbers are the values, with the step under <c>step</c>. Other members are left
/// alone, so that a program may log what it likes beside them. Not-a-number and infinity, which JSON does not know and many
/// programs write, are read as what they are.
/// </summary>
/// <param name="Step">The step; null where the line has none.</param>
/// <param name="Values">Values by name.</param>
internal sealed partial record MetricLine(int? Step, IReadOnlyDictionary<string, double> Values)
{
    private const string StepName = "step";

    /// <summary>Reads a line.</summary>
    /// <returns>What it says; null where it is no such object, or one without a number.</returns>
    public static MetricLine? Parse(ReadOnlySpan<byte> line)
    {
        var text = line.Trim(" \t\r"u8);
        if (text.Length < 2 || text[0] != '{' || text[^1] != '}')
            return null;

        using var document = Document(text.ToArray()) ?? Document(Encoding.UTF8.GetBytes(Quoted(Encoding.UTF8.GetString(text))));
        return document is null ? null : Of(document.RootElement);
    }

    private static MetricLine? Of(JsonElement root)
    {
        int? step = null;
        var values = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var member in root.EnumerateObject())
        {
            if (Number(member.Value) is not { } value)
                continue;
            if (member.Name != StepName)
                values[member.Name] = value;
            else if (value is >= 0 and <= int.MaxValue)
                step = (int)value;
        }

        return values.Count > 0 ? new MetricLine(step, values) : null;
    }

    private static double? Number(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.String => value.GetString() switch
        {
            "NaN" => double.NaN,
            "Infinity" => double.PositiveInfinity,
            "-Infinity" => double.NegativeInfinity,
            _ => null,
        },
        _ => null,
    };

    private static JsonDocument? Document(ReadOnlyMemory<byte> text)
    {
        try
        {
            return JsonDocument.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Quoted(string text) => NotFinite().Replace(text, found => found.Groups["word"].Value switch
    {
        ['-', ..] => "\"-Infinity\"",
        ['n' or 'N', ..] => "\"NaN\"",
        _ => "\"Infinity\"",
    });

    [GeneratedRegex(@"(?<=[:\[,]\s*)(?<word>-?(nan|inf(inity)?))(?=\s*[,\]}])", RegexOptions.IgnoreCase)]
    private static partial Regex NotFinite();
}
