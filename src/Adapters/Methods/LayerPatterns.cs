using System.Globalization;
using System.Text.RegularExpressions;

namespace Adapters.Methods;

/// <summary>Values that differ from layer to layer: entries <c>pattern=value</c>, the pattern a regular expression of the end of a
/// layer's name, the first that fits counting (PEFT's <c>rank_pattern</c> and <c>alpha_pattern</c>).</summary>
internal static class LayerPatterns
{
    /// <summary>The value for a layer, or what holds where no pattern fits.</summary>
    /// <param name="entries">The option's entries, or null.</param>
    /// <param name="option">Its name, for messages.</param>
    /// <param name="layer">The layer's full name.</param>
    /// <param name="otherwise">What holds otherwise.</param>
    /// <exception cref="AdapterException">When an entry is none.</exception>
    public static double Of(IReadOnlyList<string>? entries, string option, string layer, double otherwise)
    {
        foreach (var entry in entries ?? [])
        {
            var (pattern, value) = Parse(entry, option);
            if (Regex.IsMatch(layer, $@"^(?:.*\.)?(?:{pattern})$", RegexOptions.CultureInvariant))
                return value;
        }

        return otherwise;
    }

    /// <summary>The same entries, their values multiplied.</summary>
    /// <param name="entries">The option's entries, or null.</param>
    /// <param name="option">Its name, for messages.</param>
    /// <param name="factor">What they are multiplied by.</param>
    public static IReadOnlyList<string>? Times(IReadOnlyList<string>? entries, string option, double factor) => entries?.Select(entry =>
    {
        var (pattern, value) = Parse(entry, option);
        return string.Create(CultureInfo.InvariantCulture, $"{pattern}={value * factor}");
    }).ToArray();

    private static (string Pattern, double Value) Parse(string entry, string option)
    {
        var cut = entry.LastIndexOf('=');
        return cut > 0 && double.TryParse(entry[(cut + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value > 0
            ? (entry[..cut], value)
            : throw new AdapterException($"Option '{option}' has the entry '{entry}', but must have entries like q_proj=4.");
    }
}
