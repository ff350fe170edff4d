using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary>The list under <c>claims</c>.</summary>
/// <param name="catalogue">Knows what tasks come to.</param>
/// <param name="entries">Names of all entries of the sweep, whether or not they could be read.</param>
/// <param name="blocks">The blocks, as far as they could be read.</param>
/// <param name="problems">Takes what is wrong.</param>
internal sealed class ClaimReader(
    ICatalogue catalogue, IReadOnlyList<string> entries, IReadOnlyList<TaskBlock> blocks, Problems problems)
{
    private static readonly string[] _needed = ["claim", "better", "than"];

    private readonly Scalars _scalars = new(problems);

    public IEnumerable<Claim> Read(SourceNode? node)
    {
        if (node is not (null or SourceList { Items.Length: > 0 }))
            problems.Add(node.Mark, $"'claims' must be a list of claims with 'claim', 'better' and 'than', not {node.Shape}.");
        foreach (var item in (node as SourceList)?.Items ?? [])
        {
            if (item is not SourceMap map)
                problems.Add(item.Mark, $"a claim must be a mapping with 'claim', 'better' and 'than', not {item.Shape}.");
            else if (Read(map) is { } claim)
                yield return claim;
        }
    }

    private Claim? Read(SourceMap map)
    {
        var fields = Fields.Closed(map, FileKeys.Claim, "a claim", problems);
        foreach (var key in _needed.Where(key => !fields.Has(key)))
            problems.AddMissing(map.Mark, $"'{key}' is missing in a claim.");
        if (fields["claim"] is not { } text || fields["better"] is not { } better || fields["than"] is not { } than)
            return null;
        if (_scalars.Text(text, "'claim'") is not { } words || Names(better, "better") is not { } left
            || Names(than, "than") is not { } right)
            return null;
        if (left.Intersect(right).FirstOrDefault() is { } both)
        {
            problems.Add(than.Mark, $"'than' lists '{both}', which stands in 'better' already.");
            return null;
        }

        var claim = new Claim
        {
            Text = words,
            Source = fields["source"] is { } source ? _scalars.Text(source, "'source'") : null,
            Better = [.. left],
            Than = [.. right],
            Margin = fields["margin"] is { } margin ? Margin(margin) : 0,
        };
        var places = blocks.Where(block => claim.Entries.All(name => block.Methods.Any(entry => entry.Name == name))).ToArray();
        if (places.Length == 0)
        {
            if (!problems.Any) // an entry that could not be read is missing in its block
                problems.Add(better.Mark, $"no block of 'tasks' lists {string.Join(", ", claim.Entries)} together.");
            return null;
        }

        if (fields["metric"] is not { } metric)
            return claim;
        Objective? compared = null;
        foreach (var place in places)
            compared = new ObjectiveReader(problems).Compared(metric, catalogue.Tasks.FirstOrDefault(task => task.Id == place.Task));
        return claim with { Metric = compared };
    }

    private List<string>? Names(SourceNode node, string key)
    {
        var names = new List<string>();
        foreach (var item in node is SourceList list ? list.Items : [node])
        {
            if (_scalars.Text(item, $"'{key}'") is not { } name)
                return null;
            if (!entries.Contains(name))
            {
                problems.Add(item.Mark, $"'{key}' is '{name}', which is not listed in 'methods'.{NearestName.Question(name, entries)}",
                    $"listed: {string.Join(", ", entries)}");
                return null;
            }

            names.Add(name);
        }

        if (names.Count > 0)
            return names;
        problems.Add(node.Mark, $"'{key}' is empty; it names an entry, or several.");
        return null;
    }

    private double Margin(SourceNode node)
    {
        if (Numbers.Real(node) is { } value and >= 0)
            return value;
        problems.Add(node.Mark, $"'margin' must be a number from 0, in units of the metric, not {node.Shape}.");
        return 0;
    }
}
