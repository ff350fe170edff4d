using System.Globalization;

namespace Experiments.SweepFiles.Reading;

/// <summary>Numbers as people write them: <c>1e-5</c> is one, whatever YAML 1.1 says; a quoted one is a text.</summary>
internal static class Numbers
{
    /// <summary>Up to here a double holds every whole number.</summary>
    private const double LargestExact = 9_007_199_254_740_992;

    public static long? Whole(SourceNode node)
    {
        if (node is not SourceScalar { Quoted: false } scalar)
            return null;
        if (long.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
            return whole;
        return Real(node) is { } real && real == Math.Floor(real) && Math.Abs(real) <= LargestExact ? (long)real : null;
    }

    /// <summary>A whole number that a double holds, for bounds that are computed with.</summary>
    public static double? Exact(SourceNode node) => Whole(node) is { } whole && Math.Abs((double)whole) <= LargestExact ? whole : null;

    public static double? Real(SourceNode node)
    {
        const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return node is SourceScalar { Quoted: false } scalar
            && double.TryParse(scalar.Text, style, CultureInfo.InvariantCulture, out var real)
            && double.IsFinite(real)
            ? real
            : null;
    }

    public static string Show(double value) => value.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e');
}
