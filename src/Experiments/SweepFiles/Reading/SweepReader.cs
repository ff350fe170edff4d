using System.Globalization;
using System.Text.RegularExpressions;
using Experiments.Samplers;
using Experiments.Schedulers;
using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary>The sweep file as a whole: its own keys, then its blocks.</summary>
internal sealed partial class SweepReader(ICatalogue catalogue, SourceText source, string folder, Problems problems)
{
    private const int MostSeeds = 10_000;
    private const int LongestName = 64;

    private readonly Scalars _scalars = new(problems);

    /// <param name="root">The document.</param>
    /// <param name="defaultName">Name where the file gives none.</param>
    /// <returns>The sweep; worthless when there are problems.</returns>
    public SweepSpec? Read(SourceNode? root, string defaultName)
    {
        if (root is not SourceMap map)
        {
            problems.Add(root is null or SourceScalar { IsEmpty: true } ? source.Start : root.Mark,
                root is null or SourceScalar { IsEmpty: true }
                    ? "the file is empty; a sweep file has at least 'task' and 'methods'."
                    : $"a sweep file is a mapping such as 'task: lesions', not {root.Shape}.");
            return null;
        }

        var fields = Fields.Closed(map, FileKeys.Sweep, "a sweep file", problems);
        var name = fields["name"] is { } node ? Name(node) : defaultName;
        var parts = new PartReader(problems);
        var (samplerType, samplerOptions) = parts.Read(
            fields["sampler"], "sampler", SamplerCatalogue.All, "random", WarmStartReader.KeysOf);
        var (schedulerType, schedulerOptions) = parts.Read(fields["scheduler"], "scheduler", SchedulerCatalogue.All, "fifo");
        var samplerSpec = samplerType is null ? null : new SamplerSpec { Type = samplerType, Options = samplerOptions };
        if (samplerSpec is not null && fields["sampler"] is SourceMap sampler)
            samplerSpec = samplerSpec with { WarmStart = new WarmStartReader(problems).Read(sampler, name ?? defaultName) };
        var blocks = Blocks(fields, samplerSpec is null ? null : SamplerCatalogue.Create(samplerSpec), name ?? defaultName);
        if (fields["scheduler"] is { } scheduler)
            new PopulationReader(catalogue, problems).Check(scheduler, schedulerType, schedulerOptions, blocks);
        var seeds = fields["seeds"] is { } replicates ? Seeds(replicates) : [0];
        var settings = new SettingsReader(catalogue, problems);
        var spec = new SweepSpec
        {
            Name = name ?? defaultName,
            Seed = fields["seed"] is { } seed ? _scalars.Whole(seed, "'seed'") ?? 0 : 0,
            Seeds = seeds,
            Tasks = [.. blocks],
            Sampler = samplerSpec ?? new SamplerSpec(),
            Scheduler = new SchedulerSpec { Type = schedulerType ?? "fifo", Options = schedulerOptions },
            Limits = settings.Limits(fields["limits"]),
            Resources = settings.Resources(fields["resources"]),
            Compare = settings.Compare(fields["compare"], NamesOf(fields, blocks), blocks),
            Trials = fields["trials"] is { } trials ? _scalars.Whole(trials, "'trials'", least: 1) : null,
            Retries = fields["retries"] is { } retries ? _scalars.Whole(retries, "'retries'") ?? 0 : 3,
        };
        if (problems.Any)
            return spec;

        CheckAmount(spec, fields);
        if (fields["scheduler"] is { } chosen)
            new MidwayReader(catalogue, problems).Check(chosen, spec);
        return spec;
    }

    private string? Name(SourceNode node)
    {
        if (node is SourceScalar scalar && NameForm().IsMatch(scalar.Text) && scalar.Text.Length <= LongestName)
            return scalar.Text;
        problems.Add(node.Mark,
            $"'name' must be lower-case letters, digits and hyphens, at most {LongestName}, such as my-sweep, not {node.Shape}.");
        return null;
    }

    private List<TaskBlock> Blocks(Fields fields, ISampler? sampler, string name)
    {
        var commands = new CommandReader(catalogue, sampler, folder, problems);
        if (!fields.Has("tasks") && CommandReader.IsIn(fields))
            return commands.Read(fields, name, rules: []) is { } program ? [program] : [];

        var shared = SharedParameter.Read(fields["parameters"], problems);
        if (fields["report"] is { } report)
        {
            if (shared.Exists(parameter => parameter.Name == "report_every"))
                problems.Add(fields.MarkOf("report"), "'report' and 'report_every' under 'parameters' say the same; give one.");
            shared.Add(new SharedParameter(new SourceEntry(
                new SourceScalar(fields.MarkOf("report"), "report_every", Quoted: false), report)));
        }

        var rules = SharedConstraint.Read(fields["constraints"], problems);
        var reader = new BlockReader(catalogue, sampler, folder, problems);
        List<TaskBlock?> blocks = fields.Has("tasks")
            ? [.. Several(fields, reader, commands, shared, rules, name)]
            : [reader.Read(fields, size: null, shared, rules)];
        shared.ForEach(parameter => parameter.Check(problems));
        rules.ForEach(rule => rule.Check(problems));
        return [.. blocks.OfType<TaskBlock>()];
    }

    private List<TaskBlock?> Several(
        Fields fields, BlockReader reader, CommandReader commands, List<SharedParameter> shared, List<SharedConstraint> rules, string name)
    {
        foreach (var key in FileKeys.Block.Names.Where(key => key is not ("size" or "parameters" or "constraints") && fields.Has(key)))
            problems.Add(fields.MarkOf(key), $"'{key}' belongs in each block of 'tasks' when there is 'tasks'.");

        if (fields["tasks"] is not SourceList { Items.Length: > 0 } list)
        {
            var node = fields["tasks"]!;
            problems.Add(node.Mark, $"'tasks' must be a list of blocks with 'task' and 'methods', not {node.Shape}.");
            Doubt(shared, rules);
            return [];
        }

        var blocks = new List<TaskBlock?>();
        foreach (var item in list.Items)
        {
            if (item is not SourceMap map)
            {
                problems.Add(item.Mark, $"a block of 'tasks' must be a mapping with 'task' and 'methods', not {item.Shape}.");
                Doubt(shared, rules);
                continue;
            }

            var inner = Fields.Closed(map, FileKeys.Block, "a block of 'tasks'", problems);
            var block = CommandReader.IsIn(inner)
                ? commands.Read(inner, name, rules)
                : Learnt(inner, fields["size"], reader, shared, rules);
            if (block is not null && blocks.Exists(other => other is not null && IsSame(other, block)))
            {
                problems.Add(item.Mark, block.IsTraining
                    ? $"task '{block.Task}' stands in 'tasks' twice with the same size and base."
                    : $"'tasks' has two blocks with '{(block.Command is null ? "workload: external" : "command")}'; "
                        + "list their programs as entries of 'methods' in one block.");
            }

            blocks.Add(block);
        }

        if (blocks.Exists(block => block?.External is not null) && blocks.Exists(block => block is { External: null }))
        {
            problems.Add(fields.MarkOf("tasks"),
                "a block with 'workload: external' cannot stand beside others, which workers take; make it a sweep of its own.");
        }

        return blocks;
    }

    /// <summary>Some block could not be read, so what it would have taken is not known.</summary>
    private static void Doubt(List<SharedParameter> shared, List<SharedConstraint> rules)
    {
        shared.ForEach(parameter => parameter.IsUncertain = true);
        rules.ForEach(rule => rule.IsUncertain = true);
    }

    private TaskBlock? Learnt(
        Fields fields, SourceNode? size, BlockReader reader, List<SharedParameter> shared, List<SharedConstraint> rules)
    {
        var own = SharedParameter.Read(fields["parameters"], problems);
        var ownRules = SharedConstraint.Read(fields["constraints"], problems);
        var block = reader.Read(fields, size, [.. own, .. shared], [.. ownRules, .. rules]);
        own.ForEach(parameter => parameter.Check(problems));
        ownRules.ForEach(rule => rule.Check(problems));
        return block;
    }

    private static bool IsSame(TaskBlock one, TaskBlock other) =>
        (one.Task, one.Size, one.Base) == (other.Task, other.Size, other.Base);

    /// <summary>Names of all entries, whether or not they could be read, and of those that need not be listed.</summary>
    private static List<string> NamesOf(Fields fields, IEnumerable<TaskBlock> read)
    {
        var blocks = fields["tasks"] is SourceList list
            ? list.Items.Select(item => (item as SourceMap)?["methods"])
            : [fields["methods"]];
        return [.. blocks.OfType<SourceList>().SelectMany(methods => methods.Items)
            .Select(item => EntryReader.NameOf(item)?.Text)
            .OfType<string>()
            .Concat(read.SelectMany(block => block.Methods).Select(entry => entry.Name))
            .Distinct()];
    }

    private EquatableArray<int> Seeds(SourceNode node)
    {
        if (node is not SourceList list)
            return [.. Enumerable.Range(0, _scalars.Whole(node, "'seeds'", 1, MostSeeds) ?? 1)];

        var seeds = new List<int>();
        foreach (var item in list.Items)
        {
            if (_scalars.Whole(item, "an element of 'seeds'") is not { } seed)
                continue;
            if (seeds.Contains(seed))
                problems.Add(item.Mark, $"'seeds' lists {seed.ToString(CultureInfo.InvariantCulture)} twice.");
            seeds.Add(seed);
        }

        if (list.Items.IsEmpty)
            problems.Add(node.Mark, "'seeds' is empty; it needs at least one seed.");
        return [.. seeds];
    }

    private void CheckAmount(SweepSpec spec, Fields fields)
    {
        var entries = spec.Tasks.Sum(block => block.Methods.Count);
        var least = entries * spec.Seeds.Count;
        if (spec.Trials < least)
        {
            problems.Add(fields["trials"]!.Mark,
                $"'trials' is {spec.Trials}, but one configuration of each of {entries} methods "
                + $"over {spec.Seeds.Count} seeds takes {least}.");
        }
        else if (spec.Trials is null && SweepPlan.Unbounded(spec) is { } endless)
        {
            problems.AddMissing(fields.Mark,
                $"'trials' is missing: sampler '{spec.Sampler.Type}' draws from the space of '{endless}' without end.");
        }
    }

    [GeneratedRegex("^[a-z0-9-]+$")]
    private static partial Regex NameForm();
}
