using System.Globalization;
using System.Text.RegularExpressions;
using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary>Single values of keys that are not options. Each answers null after it reported what is wrong.</summary>
internal sealed partial class Scalars(Problems problems)
{
    /// <param name="node">The value.</param>
    /// <param name="what">What is read, for messages: <c>'seed'</c>.</param>
    /// <param name="least">Least value, inclusive.</param>
    /// <param name="most">Largest value, inclusive.</param>
    public int? Whole(SourceNode node, string what, int least = 0, int most = int.MaxValue)
    {
        if (Numbers.Whole(node) is not { } value)
            return Refuse<int>(node, $"{what} must be a whole number, not {node.Shape}.");
        if (value < least)
            return Refuse<int>(node, $"{what} is {value}, but must be at least {least}.");
        return value <= most ? (int)value : Refuse<int>(node, $"{what} is {value}, but must be at most {most}.");
    }

    public double? Share(SourceNode node, string what) => Numbers.Real(node) is { } value and > 0 and < 1
        ? value
        : Refuse<double>(node, $"{what} must be a number between 0 and 1, such as 0.95, not {node.Shape}.");

    public double? Positive(SourceNode node, string what, string example) => Numbers.Real(node) is { } value and > 0
        ? value
        : Refuse<double>(node, $"{what} must be a number above 0, such as {example}, not {node.Shape}.");

    public string? Text(SourceNode node, string what)
    {
        if (node is SourceScalar { IsEmpty: false } scalar)
            return scalar.Text;
        problems.Add(node.Mark, $"{what} must be a name, not {node.Shape}.");
        return null;
    }

    public TimeSpan? Duration(SourceNode node, string what)
    {
        return node is SourceScalar scalar && DurationText.Parse(scalar.Text) is { } time
            ? time
            : Refuse<TimeSpan>(node, $"{what} must be {DurationText.Form}, not {node.Shape}.");
    }

    /// <summary>A number of bytes with its unit: <c>512MB</c>, <c>1.5GiB</c>.</summary>
    public long? Bytes(SourceNode node, string what)
    {
        var match = node is SourceScalar scalar ? BytesForm().Match(scalar.Text) : Match.Empty;
        if (match.Success)
        {
            var unit = match.Groups["binary"].Success ? 1024.0 : 1000.0;
            var power = "KMGT".IndexOf(match.Groups["unit"].Value[0], StringComparison.Ordinal) + 1;
            var bytes = double.Parse(match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture) * Math.Pow(unit, power);
            if (bytes is >= 1 and < long.MaxValue)
                return (long)bytes;
        }

        return Refuse<long>(node, $"{what} must be a size such as 512MB, 2GB or 1.5GiB, not {node.Shape}.");
    }

    public bool? Flag(SourceNode node, string what) => node is SourceScalar { Quoted: false, Text: "true" or "false" } flag
        ? flag.Text == "true"
        : Refuse<bool>(node, $"{what} must be true or false, not {node.Shape}.");

    private T? Refuse<T>(SourceNode node, string message) where T : struct
    {
        problems.Add(node.Mark, message);
        return null;
    }

    [GeneratedRegex(@"^(?<number>\d{1,9}(\.\d{1,3})?) ?(?<unit>[KMGT])(?<binary>i)?B?$")]
    private static partial Regex BytesForm();
}
