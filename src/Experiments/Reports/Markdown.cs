using System.Text;

namespace Experiments.Reports;

/// <summary>Draws tables as GitHub-flavoured Markdown, every column shown.</summary>
public static class Markdown
{
    /// <summary>The tables one after another, each line ended by a line feed.</summary>
    public static string Of(IEnumerable<ReportTable> tables)
    {
        var text = new StringBuilder();
        foreach (var table in tables)
        {
            if (text.Length > 0)
                text.Append('\n');
            Write(text, table);
        }

        return text.ToString();
    }

    /// <summary>Lines of prose as one paragraph, each kept on its line.</summary>
    public static string Paragraph(IEnumerable<string> lines) => string.Concat(lines.Select(line => $"{Escape(line)}\n"));

    private static void Write(StringBuilder text, ReportTable table)
    {
        Lines(text, table.Lead, after: true);
        if (table.Rows.Length > 0)
        {
            Row(text, table.Columns.Select(column => Escape(column.Heading)));
            Row(text, table.Columns.Select(column => column.Alignment == Alignment.Right ? "---:" : "---"));
            foreach (var row in table.Rows)
                Row(text, row.Select(Format));
        }

        Lines(text, table.Notes, after: false);
    }

    private static void Lines(StringBuilder text, IEnumerable<string> lines, bool after)
    {
        var items = lines.Where(line => line.Length > 0).Select(line => $"- {Escape(line)}\n").ToArray();
        if (items.Length > 0)
            text.Append(after ? "" : "\n").AppendJoin("", items).Append(after ? "\n" : "");
    }

    private static void Row(StringBuilder text, IEnumerable<string> cells) =>
        text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");

    private static string Format(Cell cell) => cell.Tone == Tone.Strong ? $"**{Escape(cell.Text)}**" : Escape(cell.Text);

    /// <summary>Keeps what users wrote from becoming markup, and a cell on its line.</summary>
    private static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is '|' or '*' or '`' or '<' or '\\' || (text[i] == '_' && !IsWithinWord(text, i)) || IsLink(text, i))
                escaped.Append('\\');
            escaped.Append(text[i] is '\n' or '\r' ? ' ' : text[i]);
        }

        return escaped.ToString();
    }

    /// <summary>An underscore between letters, as in <c>learning_rate</c>, is no emphasis.</summary>
    private static bool IsWithinWord(string text, int at) =>
        at > 0 && at + 1 < text.Length && char.IsLetterOrDigit(text[at - 1]) && char.IsLetterOrDigit(text[at + 1]);

    /// <summary>A bracket is only then markup when a target follows.</summary>
    private static bool IsLink(string text, int at) => text[at] == ']' && at + 1 < text.Length && text[at + 1] is '(' or '[';
}
