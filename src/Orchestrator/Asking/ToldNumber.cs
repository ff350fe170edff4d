using System.Globalization;

namespace Orchestrator.Asking;

/// <summary>Numbers as programs print them, those that are not finite included.</summary>
internal static class ToldNumber
{
    /// <summary>The number; null where the text is none.</summary>
    public static double? Parse(string text) => text.ToLowerInvariant() switch
    {
        "inf" or "+inf" or "infinity" => double.PositiveInfinity,
        "-inf" or "-infinity" => double.NegativeInfinity,
        "nan" => double.NaN,
        _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null,
    };
}
