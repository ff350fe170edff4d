using System.Diagnostics;
using Experiments.Samplers;
using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary><c>start_with:</c> of an entry: the configurations that it starts with, whole or in part.</summary>
internal sealed class StartReader(ISampler? sampler, Problems problems)
{
    /// <summary>Up to so many values a message lists.</summary>
    private const int MostListed = 12;

    private readonly OptionValues _values = new(problems);

    /// <param name="node">The list; null where there is none.</param>
    /// <param name="space">The space of the entry.</param>
    /// <returns>The configurations; worthless after a report.</returns>
    public EquatableArray<Configuration> Read(SourceNode? node, SearchSpace space)
    {
        if (node is null)
            return [];
        if (node is not SourceList { Items.Length: > 0 } list)
        {
            problems.Add(node.Mark, $"'start_with' must be a list of configurations such as [{{ rank: 8 }}], not {node.Shape}.");
            return [];
        }

        var read = new List<Configuration>();
        var whole = new HashSet<Configuration>();
        foreach (var item in list.Items)
        {
            if (item is not SourceMap { Entries.IsEmpty: false } map)
            {
                problems.Add(item.Mark, $"an element of 'start_with' must be a mapping such as {{ rank: 8 }}, not {item.Shape}.");
                continue;
            }

            var before = problems.Count;
            var given = Given(map, space);
            if (problems.Count == before && Resolved(map, given, space) is { } resolved && !whole.Add(resolved))
                problems.Add(item.Mark, "this configuration stands in 'start_with' twice.");
            if (problems.Count == before && StartingConfigurations.Complete(sampler, space, given, [], index: 0, seed: 0) is null)
                problems.Add(item.Mark, Broken(given, space));
            read.Add(given);
        }

        return [.. read];
    }

    private Configuration Given(SourceMap map, SearchSpace space)
    {
        var given = new List<KeyValuePair<string, ParameterValue>>();
        var names = space.Parameters.Select(parameter => parameter.Name).ToList();
        foreach (var (key, node) in Fields.Open(map, FileKeys.Parameters, problems).All)
        {
            if (space.Parameters.FirstOrDefault(parameter => parameter.Name == key.Text) is not { } parameter)
            {
                problems.Add(key.Mark, $"'start_with' gives '{key.Text}', which is no parameter of this entry.{key.Guess(names)}",
                    names.Count == 0 ? null : $"parameters: {string.Join(", ", names)}");
            }
            else if (Value(parameter, node) is { } value)
            {
                given.Add(new(key.Text, value));
            }
        }

        return new Configuration(given);
    }

    private ParameterValue? Value(Parameter parameter, SourceNode node)
    {
        var what = $"'{parameter.Name}' of 'start_with'";
        var option = new OptionDescription(parameter.Name, KindOf(parameter.Domain), null, null, null, [], "");
        if (_values.Read(node, option, what) is not { } value)
            return null;
        if (Outside(parameter.Domain, value) is not { } outside)
            return value;

        problems.Add(node.Mark, $"{what} is {value}, {outside}");
        return null;
    }

    /// <summary>Why a domain has not that value, as the end of a sentence; null where it has.</summary>
    private string? Outside(Domain domain, ParameterValue value)
    {
        var axis = sampler?.GoesThroughGrid == true ? Axis.Of(domain) : Axis.OfDraws(domain);
        return (domain, value) switch
        {
            (Domain.Fixed only, _) when axis!.PositionOf(value) < 0 => $"but is always {only.Value} here.",
            (Domain.Int range, ParameterValue.Integer { Value: var whole }) when whole < range.Low || whole > range.High =>
                $"but must lie between {range.Low} and {range.High}.",
            (Domain.Float range, ParameterValue.Real { Value: var real }) when real < range.Low || real > range.High =>
                $"but must lie between {Numbers.Show(range.Low)} and {Numbers.Show(range.High)}.",
            _ when axis is null || axis.PositionOf(value) >= 0 => null,
            _ when axis.Count > MostListed => "which lies between two steps of its range.",
            _ => $"which is none of {string.Join(", ", axis.All())}."
                + NearestName.Question(value.ToString(), value is ParameterValue.Text ? axis.All().Select(known => known.ToString()) : []),
        };
    }

    /// <summary>The configuration, all of whose values are given or cannot be others; null where some are open.</summary>
    private Configuration? Resolved(SourceMap map, Configuration given, SearchSpace space)
    {
        var known = new Dictionary<string, ParameterValue>(StringComparer.Ordinal);
        var isOpen = false;
        foreach (var parameter in space.Parameters)
        {
            var isGiven = given.Values.TryGetValue(parameter.Name, out var value);
            if (parameter.When.FirstOrDefault(condition => !condition.HoldsIn(known)) is { } unmet)
            {
                if (isGiven)
                {
                    problems.Add(map.Entries.First(entry => entry.Key.Text == parameter.Name).Key.Mark,
                        $"'{parameter.Name}' of 'start_with' is there only where '{unmet.Parent}' is "
                        + $"{string.Join(" or ", unmet.Values)}; give that too.");
                }
            }
            else if (isGiven)
            {
                known.Add(parameter.Name, value!);
            }
            else if (Axis.OfDraws(parameter.Domain) is { Count: 1 } only)
            {
                known.Add(parameter.Name, only[0]);
            }
            else
            {
                isOpen = true;
            }
        }

        return isOpen ? null : new Configuration(known);
    }

    private static string Broken(Configuration given, SearchSpace space) => space.Broken(given.Values) is { } broken
        ? $"this configuration breaks the constraint '{broken.Text}'."
        : "no configuration with these values keeps the constraints.";

    private static OptionKind KindOf(Domain domain) => domain switch
    {
        Domain.Int => OptionKind.Integer,
        Domain.Float => OptionKind.Real,
        Domain.Fixed only => KindOf(only.Value),
        Domain.Choice choice => KindOf(choice.Choices[0]),
        Domain.Ordinal ordinal => KindOf(ordinal.Values[0]),
        _ => throw new UnreachableException(),
    };

    private static OptionKind KindOf(ParameterValue value) => value switch
    {
        ParameterValue.Integer => OptionKind.Integer,
        ParameterValue.Real => OptionKind.Real,
        ParameterValue.Flag => OptionKind.Flag,
        ParameterValue.List { Values: [ParameterValue.Integer, ..] } => OptionKind.IntegerList,
        ParameterValue.List { Values: [ParameterValue.Real, ..] } => OptionKind.RealList,
        ParameterValue.List => OptionKind.TextList,
        _ => OptionKind.Text,
    };
}
