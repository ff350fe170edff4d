using System.Text;

namespace Experiments.Reports;

/// <summary>Draws a table as lines of text, no line wider than asked.</summary>
public static class TextTable
{
    private const int Gap = 2;
    private const int NarrowestPage = 20;
    private const int NarrowestCut = 10;
    private const int NarrowestWrap = 24;

    /// <summary>The lines of tables with an empty line between them.</summary>
    public static IEnumerable<string> Lines(IEnumerable<ReportTable> tables, int width, Func<string, Tone, string>? paint = null)
    {
        foreach (var (index, table) in tables.Index())
        {
            if (index > 0)
                yield return "";
            foreach (var line in Lines(table, width, paint))
                yield return line;
        }
    }

    /// <summary>The lines of a table, without trailing blanks.</summary>
    /// <param name="table">What to draw.</param>
    /// <param name="width">Columns of the terminal or page, at least 20.</param>
    /// <param name="paint">Turns a text into what the output needs for its tone; null leaves it as it is.</param>
    public static IEnumerable<string> Lines(ReportTable table, int width, Func<string, Tone, string>? paint = null)
    {
        paint ??= (text, _) => text;
        width = Math.Max(width, NarrowestPage);
        foreach (var line in table.Lead.SelectMany(line => Wrap(line, width)))
            yield return paint(line, Tone.Plain);
        if (table.Lead.Length > 0 && table.Rows.Length > 0)
            yield return "";

        if (table.Rows.Length > 0)
        {
            var shown = Fit(table, width);
            var heading = Row(shown, column => new Cell(column.Column.Heading, Tone.Quiet), paint);
            foreach (var line in heading.Concat(table.Rows.SelectMany(row => Row(shown, column => row[column.Index], paint))))
                yield return line;

            var hidden = table.Columns.Except(shown.Select(column => column.Column)).Select(column => column.Heading).ToArray();
            foreach (var line in hidden.Length > 0 ? Wrap($"Not shown at this width: {string.Join(", ", hidden)}.", width) : [])
                yield return paint(line, Tone.Quiet);
        }

        foreach (var line in table.Notes.SelectMany(note => Wrap(note, width)))
            yield return paint(line, Tone.Plain);
    }

    /// <summary>Drops columns by priority until the rest fits with what may be cut at its narrowest, then cuts.</summary>
    private static List<Shown> Fit(ReportTable table, int width)
    {
        var shown = table.Columns
            .Select((column, index) => new Shown(index, column,
                table.Rows.Select(row => row[index].Text.Length).Append(column.Heading.Length).Max()))
            .ToList();
        while (shown.Count > 1 && Total(shown, column => column.Least) > width
            && shown.Max(column => column.Column.Priority) is > 0 and var first)
            shown.RemoveAt(shown.FindLastIndex(column => column.Column.Priority == first));

        while (Total(shown, column => column.Width) > width)
        {
            // Where cutting what may be cut does not suffice, the widest gives way: a line never runs over.
            var widest = shown.Where(column => column.Width > column.Least).DefaultIfEmpty(shown.MaxBy(column => column.Width)!)
                .MaxBy(column => column.Width)!;
            if (widest.Width > 1)
                shown[shown.IndexOf(widest)] = widest with { Width = widest.Width - 1 };
            else
                shown.RemoveAt(shown.Count - 1);
        }

        return shown;
    }

    private static int Total(List<Shown> shown, Func<Shown, int> width) => shown.Sum(column => width(column) + Gap) - Gap;

    /// <summary>The lines of a row: one, unless a cell goes on.</summary>
    private static IEnumerable<string> Row(List<Shown> shown, Func<Shown, Cell> cellOf, Func<string, Tone, string> paint)
    {
        var cells = shown.Select(column => (Column: column, Cell: cellOf(column), Lines: LinesOf(cellOf(column).Text, column))).ToArray();
        for (var number = 0; number < cells.Max(cell => cell.Lines.Length); number++)
        {
            var line = new StringBuilder();
            foreach (var (column, cell, lines) in cells)
            {
                var text = number < lines.Length ? lines[number] : "";
                var blanks = column.Width - text.Length;
                var before = column.Column.Alignment == Alignment.Right ? blanks : 0;
                line.Append(' ', before).Append(text.Length > 0 ? paint(text, cell.Tone) : "").Append(' ', blanks - before + Gap);
            }

            yield return line.ToString().TrimEnd();
        }
    }

    private static string[] LinesOf(string text, Shown column) => text.Length <= column.Width ? [text]
        : column.Column.Overflow == Overflow.Wrap ? [.. Wrap(text, column.Width, indent: 0)]
        : [string.Concat(text.AsSpan(0, column.Width - 1), "…")];

    /// <summary>Breaks at blanks; a continued line is indented.</summary>
    private static IEnumerable<string> Wrap(string text, int width, int indent = Gap)
    {
        while (text.Length > width)
        {
            var at = text.LastIndexOf(' ', width);
            if (at <= indent)
                at = width; // one long word
            yield return text[..at].TrimEnd();
            text = new string(' ', indent) + text[at..].TrimStart();
        }

        yield return text;
    }

    private sealed record Shown(int Index, Column Column, int Width)
    {
        public int Least => Column.Overflow switch
        {
            Overflow.Keep => Width,
            Overflow.Cut => Math.Min(Width, NarrowestCut),
            _ => Math.Min(Width, NarrowestWrap),
        };
    }
}
