using System.Globalization;
using System.Text;

namespace Experiments.Reports;

/// <summary>Comma-separated values (RFC 4180) with line feeds, full precision, a point as decimal mark.</summary>
internal static class Csv
{
    /// <summary>A header and rows.</summary>
    public static string Of<T>(IEnumerable<T> rows, params (string Name, Func<T, object?> Value)[] columns)
    {
        var text = new StringBuilder().AppendJoin(',', columns.Select(column => column.Name)).Append('\n');
        foreach (var row in rows)
            text.AppendJoin(',', columns.Select(column => Cell(column.Value(row)))).Append('\n');
        return text.ToString();
    }

    private static string Cell(object? value) => value switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        TimeSpan time => time.TotalSeconds.ToString("R", CultureInfo.InvariantCulture),
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        int or long => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        _ => Text(value.ToString()!),
    };

    /// <summary>Text that a spreadsheet would take for a formula gets an apostrophe in front, and quotes around.</summary>
    private static string Text(string text)
    {
        var formula = text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r';
        return formula || text.AsSpan().IndexOfAny(",\"\n\r") >= 0
            ? $"\"{(formula ? "'" : "")}{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
            : text;
    }
}
