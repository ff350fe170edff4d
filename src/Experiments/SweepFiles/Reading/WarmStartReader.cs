using System.Collections.Immutable;
using Experiments.Samplers;
using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary><c>warm_start:</c> of a sampler: names of earlier sweeps. Whether these are there is for the store to say.</summary>
internal sealed class WarmStartReader(Problems problems)
{
    private readonly Scalars _scalars = new(problems);

    /// <summary>What may stand beside the options of a sampler: nothing, with the reason, where it learns from no trials.</summary>
    public static KeySet KeysOf(PartDescription sampler) => Learns(sampler.Id) ? FileKeys.Sampler : new KeySet([])
    {
        Refused = ImmutableDictionary<string, string>.Empty.Add("warm_start", "It learns from no trials; these do: "
            + $"{string.Join(", ", SamplerCatalogue.All.Select(part => part.Id).Where(Learns))}."),
    };

    /// <param name="sampler">The sampler's mapping.</param>
    /// <param name="sweep">The sweep's name.</param>
    /// <returns>The names; worthless after a report.</returns>
    public EquatableArray<string> Read(SourceMap sampler, string sweep)
    {
        if (sampler["warm_start"] is not { } node)
            return [];
        if (node is not SourceList { Items.Length: > 0 } list)
        {
            problems.Add(node.Mark, $"'warm_start' must be a list of earlier sweeps such as [my-sweep], not {node.Shape}.");
            return [];
        }

        var names = new List<string>();
        foreach (var item in list.Items)
        {
            if (_scalars.Text(item, "an element of 'warm_start'") is not { } name)
                continue;
            if (name == sweep)
                problems.Add(item.Mark, $"'{name}' is the name of this sweep; 'warm_start' names earlier ones.");
            else if (names.Contains(name))
                problems.Add(item.Mark, $"'warm_start' names '{name}' twice.");
            names.Add(name);
        }

        return [.. names];
    }

    private static bool Learns(string type) => SamplerCatalogue.Create(new SamplerSpec { Type = type }).UsesHistory;
}
