using System.Collections.Immutable;

namespace Experiments.Reports;

/// <summary>A table to be drawn anywhere: cells hold finished text, so that every drawing shows the same digits.</summary>
public sealed record ReportTable
{
    /// <summary>Lines above, each wrapped at need.</summary>
    public ImmutableArray<string> Lead { get; init; } = [];

    /// <summary>The columns from left to right.</summary>
    public required ImmutableArray<Column> Columns { get; init; }

    /// <summary>Rows of as many cells as there are columns.</summary>
    public required ImmutableArray<ImmutableArray<Cell>> Rows { get; init; }

    /// <summary>Lines below, each wrapped at need.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];
}

/// <summary>A column.</summary>
/// <param name="Heading">What stands above it.</param>
/// <param name="Alignment">Which side its cells keep to.</param>
/// <param name="Priority">0 is always shown; of the others the highest go first where the width does not suffice.</param>
/// <param name="Overflow">What gives before another column is dropped.</param>
public sealed record Column(string Heading, Alignment Alignment = Alignment.Left, int Priority = 0, Overflow Overflow = Overflow.Keep);

/// <summary>Text of a cell and how it is meant.</summary>
public readonly record struct Cell(string Text, Tone Tone = Tone.Plain)
{
    /// <summary>A plain cell.</summary>
    public static implicit operator Cell(string? text) => new(text ?? "");
}

/// <summary>Which side cells keep to.</summary>
public enum Alignment
{
    /// <summary>Text.</summary>
    Left,

    /// <summary>Numbers.</summary>
    Right,
}

/// <summary>What happens to a cell that is wider than there is room.</summary>
public enum Overflow
{
    /// <summary>Nothing: another column goes first.</summary>
    Keep,

    /// <summary>It is cut short, with an ellipsis.</summary>
    Cut,

    /// <summary>It goes on in the next line.</summary>
    Wrap,
}

/// <summary>How a text is meant; a drawing without colour shows nothing of it.</summary>
public enum Tone
{
    /// <summary>As it is.</summary>
    Plain,

    /// <summary>Stands out.</summary>
    Strong,

    /// <summary>Stands back.</summary>
    Quiet,

    /// <summary>Went wrong.</summary>
    Bad,
}
