using YamlDotNet.Core;

namespace Experiments.SweepFiles.Reading;

/// <summary>YAML that cannot be read on.</summary>
internal sealed class SyntaxError(SourceMark mark, string message) : Exception(message)
{
    public SourceMark Mark { get; } = mark;
}

/// <summary>Says the parser's complaint in words of the file.</summary>
internal static class YamlComplaint
{
    public static SyntaxError Of(YamlException error, SourceText text, SourceMark last)
    {
        if (TabAfter(last, text) is { } tab)
            return new SyntaxError(tab, "a tab indents this line; YAML is indented with spaces.");

        var mark = new SourceMark(text, (int)error.Start.Line, (int)error.Start.Column, 1);
        return new SyntaxError(mark, error.Message switch
        {
            var said when said.Contains("invalid mapping", StringComparison.Ordinal) =>
                "a second ':' stands in this value; put the value in quotes.",
            var said when said.Contains("expected key", StringComparison.Ordinal)
                || said.Contains("'-' indicator", StringComparison.Ordinal) =>
                "this line is indented unlike its neighbours, so it belongs to none of them.",
            var said when said.Contains("cannot start any token", StringComparison.Ordinal) =>
                $"a value cannot begin with '{CharacterAt(mark)}'; put it in quotes.",
            var said when said.Contains("quoted scalar", StringComparison.Ordinal) => "this quote is not closed.",
            var said => $"this is not YAML: {char.ToLowerInvariant(said[0])}{said[1..].TrimEnd('.')}.",
        });
    }

    /// <summary>The first tab in an indentation from the last understood line on: the parser reports it elsewhere.</summary>
    private static SourceMark? TabAfter(SourceMark last, SourceText text)
    {
        for (var line = last.Line; line <= text.Text.AsSpan().Count('\n') + 1; line++)
        {
            var content = text.LineAt(line);
            var tab = content.IndexOf('\t', StringComparison.Ordinal);
            if (tab >= 0 && string.IsNullOrWhiteSpace(content[..tab]))
                return new SourceMark(text, line, tab + 1, 1);
        }

        return null;
    }

    private static string CharacterAt(SourceMark mark)
    {
        var line = mark.Text.LineAt(mark.Line);
        return mark.Column <= line.Length ? line[mark.Column - 1].ToString() : "";
    }
}
