using Experiments.Schedulers;
using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary>What a scheduler that trains populations asks of the methods and programs of a sweep.</summary>
internal sealed class PopulationReader(ICatalogue catalogue, Problems problems)
{
    /// <param name="node">The scheduler in the file.</param>
    /// <param name="type">Its type; null where it could not be read.</param>
    /// <param name="options">Its options.</param>
    /// <param name="blocks">What could be read of the sweep.</param>
    public void Check(SourceNode node, string? type, Configuration options, IReadOnlyList<TaskBlock> blocks)
    {
        if (type is null || blocks.Count == 0 || !SchedulerCatalogue.Create(new() { Type = type, Options = options }).TrainsPopulations)
            return;

        if (blocks.Any(block => block.Command is { Checkpoints: false }))
        {
            problems.Add(node.Mark,
                $"scheduler '{type}' lets trials go on from each other's checkpoints, but the programs here keep none; "
                + "set 'checkpoints: true' once they do.");
        }

        if ((node as SourceMap)?["parameters"] is SourceList list && options.Values.ContainsKey("parameters"))
            CheckNames(list, type, blocks);
    }

    private void CheckNames(SourceList list, string type, IReadOnlyList<TaskBlock> blocks)
    {
        var entries = blocks.SelectMany(block => block.Methods.Select(entry => (Block: block, Entry: entry))).ToList();
        var searched = entries
            .SelectMany(each => each.Entry.Space.Parameters)
            .Where(parameter => parameter.Domain is not Domain.Fixed)
            .Select(parameter => parameter.Name)
            .ToHashSet(StringComparer.Ordinal);
        var mutable = entries
            .SelectMany(each => catalogue.MutableParametersOf(each.Block, each.Entry))
            .Where(searched.Contains)
            .Distinct().Order(StringComparer.Ordinal).ToList();
        foreach (var item in list.Items.OfType<SourceScalar>())
        {
            var name = item.Text;
            if (mutable.Contains(name))
                continue;

            var known = mutable.Count == 0 ? "nothing that is searched here can change" : $"can change: {string.Join(", ", mutable)}";
            problems.Add(item.Mark,
                searched.Contains(name) ? $"'parameters' of scheduler '{type}': '{name}' cannot change while a trial trains."
                : IsFixed(name) ? $"'parameters' of scheduler '{type}': '{name}' has one value here, so there is nothing to change it to."
                : $"'parameters' of scheduler '{type}': no method here has '{name}'.{NearestName.Question(name, mutable)}",
                known);
        }

        bool IsFixed(string name) => entries.Any(each => each.Entry.Space.Parameters.Any(parameter => parameter.Name == name));
    }
}
