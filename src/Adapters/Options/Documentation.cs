using System.Collections.Concurrent;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Adapters.Options;

/// <summary>Summaries out of the XML documentation file that the compiler writes beside an assembly.</summary>
public static partial class Documentation
{
    private static readonly ConcurrentDictionary<Assembly, IReadOnlyDictionary<string, string>> _summaries = new();

    /// <summary>The summary of a type as one line of plain text; empty where it has none or the file is missing.</summary>
    public static string SummaryOf(Type type) => Find(type.Assembly, $"T:{NameOf(type)}");

    /// <summary>The summary of a property as one line of plain text; empty where it has none or the file is missing.</summary>
    public static string SummaryOf(PropertyInfo property) =>
        Find(property.Module.Assembly, $"P:{NameOf(property.DeclaringType!)}.{property.Name}");

    private static string Find(Assembly assembly, string key) =>
        _summaries.GetOrAdd(assembly, Read).GetValueOrDefault(key, "");

    private static string NameOf(Type type) => type.FullName!.Replace('+', '.');

    private static Dictionary<string, string> Read(Assembly assembly)
    {
        var file = Path.ChangeExtension(assembly.Location, ".xml");
        if (!File.Exists(file))
            return [];
        return XDocument.Load(file).Descendants("member")
            .Where(member => member.Element("summary") is not null)
            .GroupBy(member => (string)member.Attribute("name")!)
            .ToDictionary(group => group.Key, group => TextOf(group.First().Element("summary")!));
    }

    private static string TextOf(XElement element)
    {
        var text = new StringBuilder();
        foreach (var node in element.DescendantNodes())
        {
            if (node is XText plain)
                text.Append(plain.Value);
            else if (node is XElement { Name.LocalName: "see" or "paramref" } reference && !reference.Nodes().Any())
                text.Append(((string?)reference.FirstAttribute ?? "").Split('.', ':')[^1]);
        }

        return Blanks().Replace(text.ToString(), " ").Trim();
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
