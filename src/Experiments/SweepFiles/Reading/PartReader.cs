using System.Collections.Immutable;
using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary>A sampler or a scheduler: a bare name, or a mapping of <c>type</c> and its options.</summary>
internal sealed class PartReader(Problems problems)
{
    private readonly OptionValues _values = new(problems);

    /// <param name="node">What the file says; null for nothing.</param>
    /// <param name="key">The key.</param>
    /// <param name="known">What there is.</param>
    /// <param name="usual">What it is where the file says nothing.</param>
    /// <param name="beside">Keys that may stand beside the options of a part and are read elsewhere; null for none.</param>
    /// <returns>The type, null after a report, and its options.</returns>
    public (string? Type, Configuration Options) Read(
        SourceNode? node, string key, IReadOnlyList<PartDescription> known, string usual, Func<PartDescription, KeySet>? beside = null)
    {
        if (node is null)
            return (usual, Configuration.Empty);

        var map = node as SourceMap;
        var named = map is null ? node : map["type"];
        var ids = known.Select(part => part.Id).ToList();
        if (named is null)
        {
            problems.AddMissing(node.Mark, $"'{key}' has no 'type': {string.Join(" or ", ids)}.");
            return default;
        }

        if (known.FirstOrDefault(part => part.Id == (named as SourceScalar)?.Text) is not { } description)
        {
            problems.Add(named.Mark, $"unknown {key} {named.Shape}.{named.Guess(ids)}", $"{key}s: {string.Join(", ", ids)}");
            return (null, Configuration.Empty);
        }

        var options = map is null
            ? Configuration.Empty
            : Options(map, description, $"{key} '{description.Id}'", beside?.Invoke(description));
        return (description.Id, options);
    }

    private Configuration Options(SourceMap map, PartDescription description, string owner, KeySet? beside)
    {
        var keys = new KeySet(
        [
            new FileKey("type", ""),
            .. description.Options.Select(option => new FileKey(option.Name, option.Summary)),
            .. beside?.Keys ?? [],
        ])
        {
            Refused = beside?.Refused ?? ImmutableDictionary<string, string>.Empty,
        };
        var fields = Fields.Closed(map, keys, owner, problems);
        var values = new List<KeyValuePair<string, ParameterValue>>();
        foreach (var option in description.Options)
        {
            if (fields[option.Name] is { } node && _values.Read(node, option, $"'{option.Name}' of {owner}") is { } value)
                values.Add(new(option.Name, value));
        }

        return new Configuration(values);
    }
}
