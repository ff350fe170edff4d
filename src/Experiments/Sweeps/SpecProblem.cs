using System.Globalization;

namespace Experiments.Sweeps;

/// <summary>One mistake of a user: what is wrong, with the value and what would be right, and where.</summary>
/// <param name="Message">One sentence, and a proposal where there is one.</param>
public sealed record SpecProblem(string Message)
{
    /// <summary>The file as the user named it, <c>--set</c> for an override, or null where there is no place.</summary>
    public string? File { get; init; }

    /// <summary>Line from 1, or which of the overrides it is.</summary>
    public int Line { get; init; }

    /// <summary>Column from 1; 0 where there is none, as for an override.</summary>
    public int Column { get; init; }

    /// <summary>How many characters are wrong, at least 1 where <see cref="Column"/> is.</summary>
    public int Length { get; init; }

    /// <summary>The line of the file, or the override as it was given.</summary>
    public string? Source { get; init; }

    /// <summary>What could stand there instead, for example <c>options: alpha, dropout, rank</c>.</summary>
    public string? Hint { get; init; }

    /// <summary>The place and the sentence in one line: <c>lesions.yaml(8,5): unknown option …</c></summary>
    public override string ToString() => File is null ? Message
        : Column == 0 ? $"{File}({Line}): {Message}"
        : $"{File}({Line},{Column}): {Message}";

    /// <summary>The same, followed by the line of the file with the mistake underlined.</summary>
    public string ToText()
    {
        if (Source is null)
            return ToString();

        var number = Line.ToString(CultureInfo.InvariantCulture).PadLeft(4);
        var underline = (new string(' ', Math.Max(0, Column - 1)) + new string('^', Column == 0 ? 0 : Length) + Spaced(Hint)).TrimEnd();
        var text = $"{ToString()}\n{number} | {Source.Replace('\t', ' ')}";
        return underline.Length == 0 ? text : $"{text}\n     | {underline}";
    }

    private static string Spaced(string? hint) => hint is null ? "" : $"  {hint}";
}
