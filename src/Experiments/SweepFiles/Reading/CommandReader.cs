using System.Text.RegularExpressions;
using Experiments.Samplers;
using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary>A block of programs, which are run here or ask for their trials: the file itself, or an element of <c>tasks:</c>.</summary>
internal sealed partial class CommandReader(ICatalogue catalogue, ISampler? sampler, string folder, Problems problems)
{
    private static readonly TimeSpan _longestGrace = TimeSpan.FromSeconds(20);

    private readonly FreeParameters _parameters = new(catalogue, sampler, problems);
    private readonly ArgumentReader _arguments = new(problems);
    private readonly StartReader _starts = new(sampler, problems);
    private readonly ObjectiveReader _objectives = new(problems);
    private readonly Scalars _scalars = new(problems);

    /// <summary>Whether a block is one of programs: it says so, it has a command, or an entry of it has.</summary>
    public static bool IsIn(Fields fields) => fields.Has("workload") || fields.Has("command")
        || (fields["methods"] is SourceList list && list.Items.Any(item => (item as SourceMap)?["command"] is not null));

    /// <param name="fields">The mapping that holds the block's keys.</param>
    /// <param name="name">Name of the entry where the block lists none.</param>
    /// <param name="rules">Constraints beside the blocks.</param>
    /// <returns>The block, or null after a report.</returns>
    public TaskBlock? Read(Fields fields, string name, IReadOnlyList<SharedConstraint> rules)
    {
        var isExternal = OneOf(fields["workload"], "workload", ExternalSpec.Name, CommandSpec.Name) == ExternalSpec.Name;
        var kind = isExternal ? "workload: external" : "command";
        var instead = isExternal ? "trials are asked for" : "a program is run";
        foreach (var key in ((string[])["task", "size", "base", "report"]).Where(fields.Has))
            problems.Add(fields.MarkOf(key), $"'{key}' does not go with '{kind}': {instead} instead of learning a task.");

        if (isExternal)
        {
            foreach (var key in ((string[])["objectives", "outcome_constraints", "constraints"]).Where(fields.Has))
                problems.Add(fields.MarkOf(key), $"'{key}' is not supported beside '{kind}'.");
            RefuseCommands(fields);
        }

        var spec = isExternal ? null : Settings(fields);
        var metric = Metric(fields);
        var objectives = _objectives.Further(fields["objectives"], task: null, metric?.Name).ToList();
        var bounds = _objectives.Constraints(fields["outcome_constraints"], task: null).ToList();
        var own = SharedConstraint.Read(fields["constraints"], problems);
        var entries = Entries(fields, name, spec, [.. own, .. rules]);
        own.ForEach(rule => rule.Check(problems));
        return metric is null || entries.Contains(null)
            ? null
            : new TaskBlock
            {
                Task = isExternal ? ExternalSpec.Name : CommandSpec.Name,
                Size = "",
                Base = "",
                Metric = metric.Value.Name,
                Maximize = metric.Value.Maximize,
                Objectives = [.. objectives],
                OutcomeConstraints = [.. bounds],
                Methods = [.. entries.OfType<MethodEntry>()],
                Command = spec is null ? null : spec with { TakesBest = metric.Value.TakesBest },
                External = isExternal ? new ExternalSpec { TakesBest = metric.Value.TakesBest } : null,
            };
    }

    private void RefuseCommands(Fields fields)
    {
        foreach (var key in FileKeys.OfCommand.Prepend("command").Where(fields.Has))
        {
            problems.Add(fields.MarkOf(key),
                $"'{key}' does not go with 'workload: external': whoever asks for a trial runs it in their own way.");
        }
    }

    private CommandSpec Settings(Fields fields)
    {
        var usual = new CommandSpec { Directory = folder };
        var grace = fields["grace"] is { } node ? _scalars.Duration(node, "'grace'") ?? usual.Grace : usual.Grace;
        if (grace > _longestGrace)
            problems.Add(fields["grace"]!.Mark, $"'grace' is longer than the {_longestGrace.TotalSeconds:0}s that a worker has to leave.");
        return usual with
        {
            Directory = fields["directory"] is { } directory ? Directory(directory) : folder,
            MetricsFile = fields["metrics_file"] is { } file ? MetricsFile(file) : null,
            Checkpoints = fields["checkpoints"] is { } keeps && _scalars.Flag(keeps, "'checkpoints'") == true,
            MemoryLimit = fields["memory_limit"] is { } memory ? _scalars.Bytes(memory, "'memory_limit'") : null,
            TimeLimit = fields["time_limit"] is { } time ? _scalars.Duration(time, "'time_limit'") : null,
            Grace = grace,
            Environment = [.. Environment(fields["environment"])],
        };
    }

    private string Directory(SourceNode node)
    {
        var path = Path.GetFullPath(Path.Combine(folder, _scalars.Text(node, "'directory'") ?? "."));
        if (!System.IO.Directory.Exists(path))
            problems.Add(node.Mark, $"there is no folder {node.Shape}, seen from this file.");
        return path;
    }

    private string? MetricsFile(SourceNode node)
    {
        if (node is SourceScalar scalar && FileForm().IsMatch(scalar.Text))
            return scalar.Text;
        problems.Add(node.Mark, $"'metrics_file' must be a name such as metrics.jsonl, not {node.Shape}.");
        return null;
    }

    private List<EnvironmentVariable> Environment(SourceNode? node)
    {
        var variables = new List<EnvironmentVariable>();
        if (node is not null and not SourceMap)
            problems.Add(node.Mark, $"'environment' must be a mapping such as {{ OMP_NUM_THREADS: 1 }}, not {node.Shape}.");
        if (node is not SourceMap map)
            return variables;

        foreach (var (key, value) in Fields.Open(map, FileKeys.Parameters, problems).All)
        {
            if (!VariableForm().IsMatch(key.Text))
                problems.Add(key.Mark, $"an environment variable is called by letters, digits and underscores, not '{key.Text}'.");
            else if (key.Text.StartsWith("ORCHESTRATOR_", StringComparison.Ordinal))
                problems.Add(key.Mark, $"'{key.Text}' cannot be set: variables that begin with ORCHESTRATOR_ are given to every trial.");
            else if (value is not SourceScalar text)
                problems.Add(value.Mark, $"'{key.Text}' must be a text, not {value.Shape}.");
            else
                variables.Add(new EnvironmentVariable(key.Text, text.IsEmpty ? "" : text.Text));
        }

        return variables;
    }

    private (string Name, bool Maximize, bool TakesBest)? Metric(Fields fields)
    {
        if (fields["metric"] is not SourceMap map)
        {
            if (fields["metric"] is { } node)
                problems.Add(node.Mark, $"which way is {node.Shape} better? Write {{ name: …, goal: maximize }}, or minimize.");
            else
                problems.AddMissing(fields.Mark, "'metric' is missing: what the program reports, { name: accuracy, goal: maximize }.");
            return null;
        }

        var inner = Fields.Closed(map, FileKeys.CommandMetric, "'metric'", problems);
        var name = inner["name"] is { } named ? _scalars.Text(named, "'name' of 'metric'") : null;
        if (!inner.Has("name"))
            problems.AddMissing(map.Mark, "'metric' has no 'name'.");
        if (!inner.Has("goal"))
            problems.AddMissing(map.Mark, "'metric' has no 'goal': maximize or minimize.");
        var goal = OneOf(inner["goal"], "goal", "maximize", "minimize");
        var value = OneOf(inner["value"], "value", "last", "best");
        return name is null || goal is null ? null : (name, goal == "maximize", value == "best");
    }

    private string? OneOf(SourceNode? node, string key, string one, string other)
    {
        if (node is null or SourceScalar { IsEmpty: true })
            return null;
        if (node is SourceScalar { Text: var text } && (text == one || text == other))
            return text;
        problems.Add(node.Mark, $"'{key}' must be {one} or {other}, not {node.Shape}.");
        return null;
    }

    private List<MethodEntry?> Entries(Fields fields, string name, CommandSpec? spec, List<SharedConstraint> rules)
    {
        var shared = _parameters.Entries(fields["parameters"]);
        var environment = fields["environment"] as SourceMap;
        if (fields["methods"] is not { } node)
            return spec is null || fields["command"] is not null
                ? [Entry(name, fields["command"], shared, null, environment, spec, rules)]
                : MissingCommand(fields, rules);

        if (node is not SourceList { Items.Length: > 0 } list)
        {
            problems.Add(
                node.Mark, $"'methods' must be a list of entries such as {{ as: small, parameters: {{ … }} }}, not {node.Shape}.");
            rules.ForEach(rule => rule.IsUncertain = true);
            return [null];
        }

        return [.. list.Items.Select((item, index) => Entry(item, list.Items.Take(index), fields, shared, environment, spec, rules))];
    }

    private MethodEntry? Entry(
        SourceNode item, IEnumerable<SourceNode> before, Fields block, List<SourceEntry> shared, SourceMap? environment,
        CommandSpec? spec, List<SharedConstraint> rules)
    {
        if (item is not SourceMap map)
        {
            problems.Add(item.Mark, $"an entry of programs is a mapping such as {{ as: small, parameters: {{ … }} }}, not {item.Shape}.");
            rules.ForEach(rule => rule.IsUncertain = true);
            return null;
        }

        var fields = Fields.Closed(map, FileKeys.CommandEntry, "an entry of programs", problems);
        var own = _parameters.Entries(fields["parameters"]);
        var names = own.Select(entry => entry.Key.Text).ToHashSet(StringComparer.Ordinal);
        List<SourceEntry> all = [.. own, .. shared.Where(entry => !names.Contains(entry.Key.Text))];
        if (fields["as"] is not SourceScalar { Text: var name } named || !EntryForm().IsMatch(name))
        {
            if (fields["as"] is { } wrong)
                problems.Add(wrong.Mark, $"the name {wrong.Shape} must be lower-case letters, digits and hyphens.");
            else
                problems.AddMissing(map.Mark, "this entry has no name; give it one with 'as: NAME'.");
            rules.ForEach(rule => rule.IsUncertain = true);
            return null;
        }

        if (before.Any(other => (other as SourceMap)?["as"] is SourceScalar taken && taken.Text == name))
            problems.Add(named.Mark, $"the name '{name}' is taken by an entry above.");
        if (spec is null && fields.Has("command"))
            RefuseCommands(fields);
        if ((fields["command"] ?? block["command"]) is var command && (spec is null || command is not null))
            return Started(Entry(name, command, all, fields["constraints"], environment, spec, rules), fields["start_with"]);
        problems.AddMissing(map.Mark, $"'{name}' has no 'command', and neither has the block.");
        rules.ForEach(rule => rule.IsUncertain = true);
        return null;
    }

    private MethodEntry? Started(MethodEntry? entry, SourceNode? node) =>
        entry is null || node is null || problems.Any ? entry : entry with { StartWith = _starts.Read(node, entry.Space) };

    private List<MethodEntry?> MissingCommand(Fields fields, List<SharedConstraint> rules)
    {
        problems.AddMissing(fields.Mark, "'command' is missing: what 'workload: command' runs, [python3, train.py, \"${args}\"].");
        rules.ForEach(rule => rule.IsUncertain = true);
        return [null];
    }

    private MethodEntry? Entry(
        string name, SourceNode? command, List<SourceEntry> entries, SourceNode? constraints, SourceMap? environment,
        CommandSpec? spec, List<SharedConstraint> rules)
    {
        var before = problems.Count;
        var (parameters, options) = _parameters.Read(entries);
        var kept = SharedConstraint.KeptBy(constraints, rules, options, problems);
        var space = new SearchSpace([.. parameters], [.. kept.Select(rule => rule.Rule)]);
        if (problems.Count == before && sampler?.Obstacle(space) is { } obstacle)
            problems.Add(kept[0].Mark, $"'{name}' {obstacle}");
        if (spec is null)
            return new MethodEntry { Name = name, Method = ExternalSpec.Name, Space = space };

        var known = entries.Select(entry => entry.Key.Text).ToList();
        var arguments = _arguments.Read(command!, known, spec);
        foreach (var value in environment?.Entries.Select(entry => entry.Value).OfType<SourceScalar>() ?? [])
            _arguments.Check(value, known, spec, isArgument: false);
        return arguments is null
            ? null
            : new MethodEntry { Name = name, Method = CommandSpec.Name, Space = space, Command = arguments };
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex VariableForm();

    [GeneratedRegex("^[a-z0-9][a-z0-9-]*$")]
    private static partial Regex EntryForm();

    [GeneratedRegex("^[A-Za-z0-9_][A-Za-z0-9_.-]*$")]
    private static partial Regex FileForm();
}
