using System.Globalization;
using System.Text.RegularExpressions;
using Experiments.Samplers;
using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary>
/// Parameters of programs, which nobody has declared: what is written tells what a value is. <c>0.1</c> and <c>1e-3</c> are
/// real numbers, <c>3</c> is a whole one, <c>true</c> a flag, anything else and all in quotation marks a text; a range is
/// whole where its bounds are, unless it says <c>type: float</c>.
/// </summary>
internal sealed partial class FreeParameters(ICatalogue catalogue, ISampler? sampler, Problems problems)
{
    private readonly DomainReader _domains = new(problems);
    private readonly ConditionReader _conditions = new(catalogue, problems);

    /// <summary>The entries of a <c>parameters:</c> mapping whose names can be used.</summary>
    public List<SourceEntry> Entries(SourceNode? node)
    {
        if (node is null)
            return [];
        if (node is not SourceMap map)
        {
            problems.Add(node.Mark, $"'parameters' must be a mapping such as {{ lr: 0.1 }}, not {node.Shape}.");
            return [];
        }

        return [.. Fields.Open(map, FileKeys.Parameters, problems).All.Where(entry => IsName(entry.Key))];
    }

    /// <summary>Names and domains, in the order in which they are declared, and what kind of values each takes.</summary>
    public (List<Parameter> Parameters, IReadOnlyDictionary<string, OptionDescription> Options) Read(IReadOnlyList<SourceEntry> entries)
    {
        var names = entries.Select(entry => entry.Key.Text).ToHashSet(StringComparer.Ordinal);
        var earlier = new List<Declared>();
        foreach (var (key, node) in entries)
        {
            var what = $"'{key.Text}'";
            var option = new OptionDescription(key.Text, KindOf(node), null, null, null, [], "");
            var domain = _domains.Read(node, option, what);
            var when = (node as SourceMap)?["when"];
            EquatableArray<Condition> conditions = when is null ? [] : _conditions.Read(when, key.Text, earlier, names);
            if ((when as SourceMap)?["method"] is { } method)
                problems.Add(method.Mark, $"'when' of {what} names a method; in a block of programs give the entry parameters of its own.");
            if (domain is not null && sampler?.Obstacle(domain) is { } obstacle)
                problems.Add(node.Mark, $"{what} {obstacle}");
            earlier.Add(new Declared(key.Text, option, domain is null ? null : new Parameter(key.Text, domain, conditions)));
        }

        return (
            [.. earlier.Select(declared => declared.Parameter).OfType<Parameter>()],
            earlier.ToDictionary(declared => declared.Name, declared => declared.Option));
    }

    private bool IsName(SourceScalar key)
    {
        if (!NameForm().IsMatch(key.Text))
            problems.Add(key.Mark, $"the parameter '{key.Text}' must be called by letters, digits and underscores.");
        else if (CommandLine.Given.Any(given => given.Name == key.Text))
            problems.Add(key.Mark, $"'{key.Text}' is given to every trial, so a parameter needs another name.");
        else
            return true;
        return false;
    }

    private static OptionKind KindOf(SourceNode node) => node switch
    {
        SourceMap map when map["value"] is { } value => KindOf(value),
        SourceMap map when (map["choices"] ?? map["ordinal"]) is SourceList choices => Common(choices.Items.Select(KindOf)),
        SourceMap map when (map["choices"] ?? map["ordinal"]) is { } choice => KindOf(choice),
        SourceMap map when map["type"] is SourceScalar { Text: "int" } => OptionKind.Integer,
        SourceMap map when map["type"] is not null => OptionKind.Real,
        SourceMap map => RangeKind(Bounds(map)),
        SourceScalar { Quoted: true } => OptionKind.Text,
        SourceScalar { Text: "true" or "false" } => OptionKind.Flag,
        SourceScalar scalar when IsWhole(scalar.Text) => OptionKind.Integer,
        SourceScalar when Numbers.Real(node) is not null => OptionKind.Real,
        _ => OptionKind.Text,
    };

    private static IEnumerable<SourceNode> Bounds(SourceMap map) =>
        ((string[])["low", "high", "step"]).Select(key => map[key]).OfType<SourceNode>();

    private static OptionKind RangeKind(IEnumerable<SourceNode> bounds)
    {
        var kinds = bounds.Select(KindOf).ToList();
        return kinds.Count > 0 && kinds.TrueForAll(kind => kind == OptionKind.Integer) ? OptionKind.Integer : OptionKind.Real;
    }

    /// <summary>Whole numbers among real ones are real; unlike things are texts.</summary>
    private static OptionKind Common(IEnumerable<OptionKind> kinds)
    {
        var distinct = kinds.Distinct().ToList();
        return distinct is [var only] ? only
            : distinct.TrueForAll(kind => kind is OptionKind.Integer or OptionKind.Real) ? OptionKind.Real
            : OptionKind.Text;
    }

    private static bool IsWhole(string text) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex NameForm();
}
