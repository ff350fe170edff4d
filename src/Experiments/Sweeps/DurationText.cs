using System.Globalization;
using System.Text.RegularExpressions;

namespace Experiments.Sweeps;

/// <summary>Times as people write them: <c>90s</c>, <c>1h30m</c>, <c>2d</c>.</summary>
public static partial class DurationText
{
    /// <summary>What a time must look like, for messages.</summary>
    public const string Form = "a time such as 90s, 45m, 6h, 1h30m or 2d";

    /// <summary>Reads a time longer than none; null where the text is no such time.</summary>
    public static TimeSpan? Parse(string text)
    {
        var match = Parts().Match(text);
        if (!match.Success)
            return null;

        var time = TimeSpan.FromSeconds(Part("d", 86_400) + Part("h", 3_600) + Part("m", 60) + Part("s", 1));
        return time > TimeSpan.Zero ? time : null;

        long Part(string unit, long seconds) => match.Groups[unit] is { Success: true } group
            ? seconds * long.Parse(group.Value, CultureInfo.InvariantCulture)
            : 0;
    }

    /// <summary>Writes a time as <see cref="Parse"/> reads it, to the second: <c>1d6h</c>; null for no time.</summary>
    internal static string? Of(TimeSpan? time)
    {
        if (time is not { } span)
            return null;
        var parts = new[] { (span.Days, "d"), (span.Hours, "h"), (span.Minutes, "m"), (span.Seconds, "s") };
        return string.Concat(parts.Where(part => part.Item1 > 0).Select(part => $"{part.Item1}{part.Item2}"));
    }

    [GeneratedRegex(@"^(?:(?<d>\d{1,6})d)?(?:(?<h>\d{1,6})h)?(?:(?<m>\d{1,6})m)?(?:(?<s>\d{1,6})s)?$")]
    private static partial Regex Parts();
}
