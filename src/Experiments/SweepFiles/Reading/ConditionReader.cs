using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary>A parameter that stands before another in its entry; without a domain where that could not be read.</summary>
internal sealed record Declared(string Name, OptionDescription Option, Parameter? Parameter);

/// <summary>Conditions of <c>when:</c>. Those on <c>method</c> are decided while reading; the others go into the space.</summary>
internal sealed partial class ConditionReader(ICatalogue catalogue, Problems problems)
{
    private const int MostCompared = 1_000;

    private readonly OptionValues _values = new(problems);

    /// <summary>Whether the conditions on <c>method</c> hold for a method.</summary>
    public bool HoldsFor(SourceNode? when, MethodDescription method)
    {
        if ((when as SourceMap)?["method"] is not { } node)
            return true;

        var named = new List<string>();
        foreach (var item in ItemsOf(node))
        {
            if (item is not SourceScalar { Text: var id } || catalogue.Methods.All(known => known.Id != id))
            {
                var ids = catalogue.Methods.Select(known => known.Id);
                problems.Add(item.Mark, $"'when' names the unknown method {item.Shape}.{item.Guess(ids)}");
                return true;
            }

            named.Add(id);
        }

        return named.Contains(method.Id);
    }

    /// <summary>The parents that the conditions name.</summary>
    public static IEnumerable<string> ParentsOf(SourceNode? when) => when is SourceMap map
        ? map.Entries.Select(entry => entry.Key.Text).Where(name => name != "method")
        : [];

    public static string UnknownParent(string of, string parent, IEnumerable<string> candidates) =>
        $"'when' of '{of}' names '{parent}', which is not a parameter here.{NearestName.Question(parent, candidates)}";

    /// <param name="when">The node under <c>when</c>.</param>
    /// <param name="of">Name of the parameter that has the conditions.</param>
    /// <param name="earlier">What is declared before it.</param>
    /// <param name="all">Every parameter of the entry.</param>
    public EquatableArray<Condition> Read(
        SourceNode when, string of, IReadOnlyList<Declared> earlier, IReadOnlyCollection<string> all)
    {
        if (when is not SourceMap { Entries.Length: > 0 } map)
        {
            problems.Add(when.Mark, $"'when' of '{of}' must be a mapping such as {{ optimizer: adamw }}, not {when.Shape}.");
            return [];
        }

        var conditions = Fields.Open(map, FileKeys.When, problems).Others
            .Select(entry => Read(entry, of, earlier, all))
            .OfType<Condition>()
            .ToList();
        var spaces = earlier.Select(declared => declared.Parameter).OfType<Parameter>().ToList();
        if (!Satisfiable.Together(conditions, spaces))
            problems.Add(when.Mark, $"'when' of '{of}' is never true: its conditions contradict each other.");
        return [.. conditions];
    }

    private Condition? Read(
        SourceEntry entry, string of, IReadOnlyList<Declared> earlier, IReadOnlyCollection<string> all)
    {
        var parent = entry.Key.Text;
        if (earlier.FirstOrDefault(declared => declared.Name == parent) is not { } declared)
        {
            problems.Add(entry.Key.Mark, parent == of ? $"'when' of '{of}' names itself."
                : all.Contains(parent) ? $"'when' of '{of}' names '{parent}', which is declared later; move it before '{of}'."
                : UnknownParent(of, parent, earlier.Select(known => known.Name)));
            return null;
        }

        if (declared.Parameter is not { } known)
            return null; // said where the parent stands
        if (Axis.OfDraws(known.Domain) is not { } axis)
        {
            problems.Add(entry.Key.Mark, $"'when' of '{of}' names '{parent}', a continuous range; give that 'choices' or a 'step'.");
            return null;
        }

        var option = known.Domain is Domain.Int ? declared.Option with { Kind = OptionKind.Integer } : declared.Option;
        return Values(entry.Value, option, axis, of) is { } values ? new Condition(parent, values) : null;
    }

    private EquatableArray<ParameterValue>? Values(SourceNode node, OptionDescription option, Axis axis, string of)
    {
        if (node is SourceScalar scalar && ComparisonForm().Match(scalar.Text) is { Success: true } comparison)
            return Compared(node, comparison, option.Name, axis, of);

        // Limits are the parent's business: a value out of them is simply never taken.
        var unlimited = option with { Minimum = null, Maximum = null, Choices = [] };
        var isList = option.Kind is OptionKind.IntegerList or OptionKind.RealList or OptionKind.TextList;
        var nodes = isList && node is not SourceList { Items: [SourceList, ..] }
            ? [node]
            : ItemsOf(node);
        var values = nodes.Select(item => _values.Read(item, unlimited, $"'{option.Name}' in 'when' of '{of}'")).ToList();
        if (values.Contains(null))
            return null;
        if (values.Exists(value => axis.PositionOf(value!) >= 0))
            return [.. values.OfType<ParameterValue>()];

        problems.Add(node.Mark, $"'when' of '{of}' is never true: '{option.Name}' is never {string.Join(" or ", values)}.");
        return null;
    }

    private EquatableArray<ParameterValue>? Compared(
        SourceNode node, Match comparison, string parent, Axis axis, string of)
    {
        if (axis.Count > MostCompared)
        {
            problems.Add(node.Mark, $"'when' of '{of}' compares '{parent}', which has more than {MostCompared} values; list them.");
            return null;
        }

        var (sign, limit) = (comparison.Groups["sign"].Value, double.Parse(comparison.Groups["limit"].ValueSpan));
        EquatableArray<ParameterValue> values =
            [.. Enumerable.Range(0, (int)axis.Count).Select(position => axis[position]).Where(value => Holds(value, sign, limit))];
        if (values.Count > 0)
            return values;
        problems.Add(node.Mark, $"'when' of '{of}' is never true: no value of '{parent}' is {sign} {Numbers.Show(limit)}.");
        return null;
    }

    private static bool Holds(ParameterValue value, string sign, double limit)
    {
        double? number = value switch
        {
            ParameterValue.Integer integer => integer.Value,
            ParameterValue.Real real => real.Value,
            _ => null,
        };
        return sign switch
        {
            "<" => number < limit,
            "<=" => number <= limit,
            ">" => number > limit,
            _ => number >= limit,
        };
    }

    private static ImmutableArray<SourceNode> ItemsOf(SourceNode node) => node is SourceList list ? list.Items : [node];

    [GeneratedRegex(@"^(?<sign><=|>=|<|>)\s*(?<limit>-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?)$")]
    private static partial Regex ComparisonForm();
}
