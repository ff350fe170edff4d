using System.Globalization;
using Experiments.Comparison;

namespace Experiments.Reports;

/// <summary>Numbers as people read them, in the invariant culture.</summary>
public static class Digits
{
    private const double Billion = 1e9;

    /// <summary>
    /// Decimals that a half-width is worth: down to its first digit, or its second where it begins below 3.55, so that
    /// rounding never moves a number by more than a fraction of its uncertainty. Negative for tens, hundreds, …
    /// </summary>
    /// <remarks>The rounding rule of the Particle Data Group.</remarks>
    public static int Decimals(double halfWidth)
    {
        var exponent = (int)Math.Floor(Math.Log10(halfWidth));
        return halfWidth / Math.Pow(10, exponent) < 3.55 ? 1 - exponent : -exponent;
    }

    /// <summary>The mean with the digits that its interval carries; three digits where there is none.</summary>
    public static string Mean(Estimate estimate, bool signed = false) => Fixed(estimate.Mean, DecimalsOf(estimate), signed);

    /// <summary><c>[0.879, 0.888]</c>, <c>all equal</c> where the seeds do not differ, empty for one seed.</summary>
    public static string Interval(Estimate estimate, bool signed = false) => estimate.Interval switch
    {
        null => "",
        { Kind: IntervalKind.Constant } => "all equal",
        var interval => $"[{Fixed(interval.Low, DecimalsOf(estimate), signed)}, {Fixed(interval.High, DecimalsOf(estimate), signed)}]",
    };

    /// <summary>A probability with two digits, <c>&lt;0.001</c> below that.</summary>
    public static string P(double p) => p < 0.001 ? "<0.001" : Significant(p, 2);

    /// <summary>That many digits, zeros at the end included.</summary>
    public static string Significant(double value, int digits) => Fixed(value, DecimalsFor(value, digits), signed: false);

    /// <summary>At most three digits and no zeros at the end: <c>0.05</c>, <c>3.16e-4</c>, <c>2e6</c>.</summary>
    public static string Short(double value) =>
        value.ToString(value != 0 && Math.Abs(value) is < 1e-3 or >= 1e6 ? "0.##e0" : "G3", CultureInfo.InvariantCulture);

    /// <summary><c>0</c>, <c>512</c>, <c>12.3 k</c>, <c>1.31 M</c>, <c>93.7 M</c>, <c>1.10 B</c>.</summary>
    public static string Count(long count) => count switch
    {
        < 1_000 => count.ToString(CultureInfo.InvariantCulture),
        < 999_500 => Significant(count / 1e3, 3) + " k",
        < 999_500_000 => Significant(count / 1e6, 3) + " M",
        _ => Significant(count / Billion, 3) + " B",
    };

    /// <summary><c>512 B</c>, <c>412 MB</c>, <c>9.8 GB</c>: powers of ten.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        < 1_000 => $"{bytes} B",
        < 999_500 => $"{bytes / 1e3:0} kB",
        < 999_500_000 => $"{bytes / 1e6:0} MB",
        _ => $"{bytes / Billion:0.0} GB",
    };

    /// <summary><c>8.2 s</c>, <c>11:20</c>, <c>2:05:09</c>.</summary>
    public static string Duration(TimeSpan time) => time switch
    {
        { TotalSeconds: < 59.95 } => time.TotalSeconds.ToString("0.0 s", CultureInfo.InvariantCulture),
        _ => Clock(TimeSpan.FromSeconds(Math.Round(time.TotalSeconds))),
    };

    private static string Clock(TimeSpan time) =>
        time.TotalMinutes < 60 ? $"{time.Minutes}:{time.Seconds:00}" : $"{(long)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}";

    private static int DecimalsOf(Estimate estimate) => estimate.Interval switch
    {
        { HalfWidth: > 0 } interval => Decimals(interval.HalfWidth),
        null => DecimalsFor(estimate.Mean, 3),
        _ => DecimalsFor(estimate.Mean, 4),
    };

    private static int DecimalsFor(double value, int digits)
    {
        if (value == 0)
            return 0;
        // Rounded first: 0.9996 with three digits is 1.00.
        var rounded = double.Parse(value.ToString("E" + (digits - 1), CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return Math.Max(0, digits - 1 - (int)Math.Floor(Math.Log10(Math.Abs(rounded))));
    }

    private static string Fixed(double value, int decimals, bool signed)
    {
        var unit = Math.Pow(10, Math.Max(0, -decimals));
        var rounded = decimals < 0 ? Math.Round(value / unit) * unit : value;
        var text = rounded.ToString("F" + Math.Max(0, decimals), CultureInfo.InvariantCulture);
        var isZero = text.AsSpan().IndexOfAnyInRange('1', '9') < 0;
        return isZero ? text.TrimStart('-') : signed && value > 0 ? "+" + text : text;
    }
}
