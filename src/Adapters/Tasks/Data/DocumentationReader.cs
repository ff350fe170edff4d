using System.Text;
using System.Xml;
using Adapters.Methods;

namespace Adapters.Tasks.Data;

/// <summary>Reads the sentences of an XML documentation file: one line for each element that documents a member.</summary>
internal static class DocumentationReader
{
    /// <summary>The elements that are read, in the order of their labels.</summary>
    public static IReadOnlyList<string> Tags { get; } = ["summary", "param", "returns", "exception", "remarks", "value"];

    private const int ShortestLine = 21;

    /// <summary>The lines of a file in its order; shorter ones are left out, repeats are not.</summary>
    /// <exception cref="AdapterException">When the file is not well-formed.</exception>
    public static IEnumerable<(int Tag, string Text)> Read(string path)
    {
        using var reader = XmlReader.Create(path, new XmlReaderSettings
        {
            IgnoreComments = true,
            IgnoreProcessingInstructions = true,
            DtdProcessing = DtdProcessing.Prohibit,
        });
        var text = new StringBuilder();
        while (Advance(reader, path))
        {
            if (reader.NodeType != XmlNodeType.Element || reader.IsEmptyElement || TagOf(reader.LocalName) is not { } tag)
                continue;
            text.Clear();
            ReadText(reader, path, text);
            if (text.Length >= ShortestLine)
                yield return (tag, text.ToString());
        }
    }

    private static int? TagOf(string element)
    {
        for (var tag = 0; tag < Tags.Count; tag++)
            if (Tags[tag] == element)
                return tag;
        return null;
    }

    /// <summary>The text of the element that the reader stands on, white space collapsed, references by their short name.</summary>
    private static void ReadText(XmlReader reader, string path, StringBuilder text)
    {
        var depth = reader.Depth;
        while (Advance(reader, path) && reader.Depth > depth)
            switch (reader.NodeType)
            {
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace:
                    AppendCollapsed(text, reader.Value);
                    break;
                case XmlNodeType.Element when Reference(reader) is { } name:
                    text.Append(name);
                    break;
                case XmlNodeType.Element or XmlNodeType.EndElement
                    when reader.LocalName is "para" or "item" or "term" or "description" or "br":
                    AppendCollapsed(text, " ");
                    break;
            }
        while (text.Length > 0 && text[^1] == ' ')
            text.Length--;
    }

    private static string? Reference(XmlReader reader)
    {
        if (!reader.IsEmptyElement) // an element with text of its own is read as that text
            return null;
        return reader.GetAttribute("langword") ?? reader.GetAttribute("name")
            ?? (reader.GetAttribute("cref") is { } target ? ShortName(target) : null);
    }

    /// <summary>The last two parts of a reference: <c>M:System.Linq.Enumerable.Any``1(…)</c> is <c>Enumerable.Any</c>.</summary>
    internal static string ShortName(string reference)
    {
        var name = reference.AsSpan();
        if (name.Length > 1 && name[1] == ':')
            name = name[2..];
        if (name.IndexOf('(') is >= 0 and var bracket)
            name = name[..bracket];
        if (name.LastIndexOf('.') is > 0 and var last && name[..last].LastIndexOf('.') is >= 0 and var secondLast)
            name = name[(secondLast + 1)..];

        var plain = new StringBuilder(name.Length);
        for (var i = 0; i < name.Length; i++)
            if (name[i] == '`')
                while (i + 1 < name.Length && (name[i + 1] == '`' || char.IsAsciiDigit(name[i + 1])))
                    i++;
            else
                plain.Append(name[i]);
        return plain.ToString();
    }

    private static void AppendCollapsed(StringBuilder text, string value)
    {
        foreach (var character in value)
            if (!char.IsWhiteSpace(character))
                text.Append(character);
            else if (text.Length > 0 && text[^1] != ' ')
                text.Append(' ');
    }

    private static bool Advance(XmlReader reader, string path)
    {
        try
        {
            return reader.Read();
        }
        catch (XmlException fault)
        {
            throw new AdapterException($"{path}({fault.LineNumber},{fault.LinePosition}): not well-formed XML: {fault.Message}", fault);
        }
    }
}
