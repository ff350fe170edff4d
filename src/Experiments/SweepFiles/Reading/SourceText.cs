using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary>A text with the name that messages call it by: a sweep file, or the n-th <c>--set</c> argument.</summary>
internal sealed class SourceText
{
    private readonly string[] _lines;

    private SourceText(string name, string text, int argument)
    {
        (Name, Text, Argument) = (name, text, argument);
        _lines = text.Split('\n');
    }

    public string Name { get; }

    public string Text { get; }

    /// <summary>Which argument this is, from 1; 0 for a file.</summary>
    public int Argument { get; }

    /// <summary>Where a text as a whole is meant.</summary>
    public SourceMark Start => new(this, 1, 1, 1);

    public static SourceText File(string name, string text) => new(name, text, argument: 0);

    public static SourceText Override(int number, string text) => new("--set", text, number);

    public string LineAt(int line) => line <= _lines.Length ? _lines[line - 1].TrimEnd('\r') : "";

    public SpecProblem Problem(SourceMark mark, string message, string? hint) => Argument > 0
        ? new SpecProblem(message) { File = Name, Line = Argument, Source = Text, Hint = hint }
        : new SpecProblem(message)
        {
            File = Name,
            Line = mark.Line,
            Column = mark.Column,
            Length = mark.Length,
            Source = LineAt(mark.Line),
            Hint = hint,
        };
}

/// <summary>A stretch of one line, from 1.</summary>
internal readonly record struct SourceMark(SourceText Text, int Line, int Column, int Length);
