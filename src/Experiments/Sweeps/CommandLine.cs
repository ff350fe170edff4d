using System.Text;
using System.Text.RegularExpressions;

namespace Experiments.Sweeps;

/// <summary>
/// Command lines with placeholders: <c>${rank}</c> stands for a value, <c>$${</c> for the text <c>${</c>, and a <c>$</c>
/// before anything else for itself. An argument is filled in as a whole: no value is split at its blanks.
/// </summary>
public static partial class CommandLine
{
    /// <summary>Stands, as a whole argument, for <c>--name=value</c> of every parameter that the trial has.</summary>
    public const string AllParameters = "args";

    /// <summary>What every trial has besides its parameters, with what it is.</summary>
    public static IReadOnlyList<(string Name, string Summary)> Given { get; } =
    [
        (AllParameters, "--name=value of every parameter, an argument each"),
        ("sweep", "name of the sweep"),
        ("trial", "number of the trial"),
        ("attempt", "number of the attempt, from 1"),
        ("seed", "the one of the sweep's seeds that the trial runs with"),
        ("device", "the device that the trial has for itself, for example cuda:0"),
        ("folder", "folder of the attempt, which is kept"),
        ("checkpoints", "folder of the trial's checkpoints, which its next attempt finds"),
        ("metrics_file", "file that metric lines are read from"),
        ("parameters_file", "JSON file of the parameters"),
    ];

    /// <summary>The placeholders of a text, in order, each with its index.</summary>
    public static IEnumerable<(string Name, int Index)> Placeholders(string text) => Token().Matches(text)
        .Where(match => match.Groups["name"].Success)
        .Select(match => (match.Groups["name"].Value, match.Index));

    /// <summary>Index of a <c>${</c> that is never closed; -1 where there is none.</summary>
    public static int Unclosed(string text) => Token().Matches(text)
        .Where(match => match.Value == "${")
        .Select(match => match.Index)
        .DefaultIfEmpty(-1)
        .First();

    /// <summary>The text with each placeholder's value in its place.</summary>
    /// <param name="text">The text.</param>
    /// <param name="valueOf">Value of a placeholder; null where the trial has none.</param>
    /// <returns>The filled text; null where one of its values is absent.</returns>
    public static string? Fill(string text, Func<string, string?> valueOf)
    {
        var filled = new StringBuilder();
        var position = 0;
        foreach (var token in Token().EnumerateMatches(text))
        {
            filled.Append(text, position, token.Index - position);
            position = token.Index + token.Length;
            var found = text.AsSpan(token.Index, token.Length);
            if (found is "$${" or "${")
                filled.Append("${");
            else if (valueOf(found[2..^1].ToString()) is { } value)
                filled.Append(value);
            else
                return null;
        }

        return filled.Append(text, position, text.Length - position).ToString();
    }

    /// <summary>The arguments of a trial. One that names a parameter whose condition does not hold is left out.</summary>
    /// <param name="arguments">Program and arguments with placeholders.</param>
    /// <param name="parameters">The trial's parameters.</param>
    /// <param name="valueOf">Value of a placeholder, parameters included; null where the trial has none.</param>
    public static IReadOnlyList<string> Fill(
        IEnumerable<string> arguments, Configuration parameters, Func<string, string?> valueOf) =>
    [
        .. arguments.SelectMany(argument => argument == $"${{{AllParameters}}}"
            ? parameters.Values.Select(parameter => $"--{parameter.Key}={parameter.Value}")
            : Fill(argument, valueOf) is { } filled ? [filled] : []),
    ];

    [GeneratedRegex(@"\$\$\{|\$\{(?<name>[^{}]*)\}|\$\{")]
    private static partial Regex Token();
}
