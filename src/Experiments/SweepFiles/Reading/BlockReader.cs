using Experiments.Samplers;
using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary>One block of task, base, metric and methods: the file itself, or an element of <c>tasks:</c>.</summary>
internal sealed class BlockReader(ICatalogue catalogue, ISampler? sampler, string folder, Problems problems)
{
    private readonly Scalars _scalars = new(problems);
    private readonly EntryReader _entries = new(catalogue, sampler, problems);
    private readonly ObjectiveReader _objectives = new(problems);

    /// <param name="fields">The mapping that holds the block's keys.</param>
    /// <param name="size">Size where the block names none.</param>
    /// <param name="shared">Shared parameters: the block's, then the sweep's.</param>
    /// <param name="rules">Shared constraints.</param>
    /// <returns>The block, or null after a report.</returns>
    public TaskBlock? Read(
        Fields fields, SourceNode? size, IReadOnlyList<SharedParameter> shared, IReadOnlyList<SharedConstraint> rules)
    {
        foreach (var key in FileKeys.OfCommand.Where(fields.Has))
        {
            problems.Add(fields.MarkOf(key), key == "checkpoints"
                ? "'checkpoints' goes with 'command'; for a task set 'checkpoint_every' under 'parameters'."
                : $"'{key}' goes with 'command', which is not here.");
        }

        var task = Task(fields);
        var model = Base(fields, task);
        var metric = task is null ? null : _objectives.Metric(fields["metric"], task);
        Objective[] objectives = task is null ? [] : [.. _objectives.Further(fields["objectives"], task, metric?.Name)];
        OutcomeConstraint[] constraints = task is null ? [] : [.. _objectives.Constraints(fields["outcome_constraints"], task)];
        var sizeName = task is null ? null : Size(fields["size"] ?? size, task);
        var methods = Methods(fields, task, shared, rules);
        if (model.Family is { } family)
            CheckFamilies(fields, model.Name!, family);

        return task is null || model.Name is null || metric is null || sizeName is null || methods is null
            ? null
            : new TaskBlock
            {
                Task = task.Id,
                Size = sizeName,
                Base = model.Name,
                Metric = metric.Name,
                Maximize = metric.Maximize,
                Objectives = [.. objectives],
                OutcomeConstraints = [.. constraints],
                Methods = [.. methods],
            };
    }

    private TaskDescription? Task(Fields fields)
    {
        var ids = catalogue.Tasks.Select(task => task.Id).ToList();
        if (fields["task"] is not { } node)
        {
            problems.AddMissing(fields.Mark, $"'task' is missing: {string.Join(", ", ids)}.");
            return null;
        }

        if (catalogue.Tasks.FirstOrDefault(task => task.Id == (node as SourceScalar)?.Text) is { } known)
            return known;
        problems.Add(node.Mark, $"unknown task {node.Shape}.{node.Guess(ids)}", $"tasks: {string.Join(", ", ids)}");
        return null;
    }

    private string? Size(SourceNode? node, TaskDescription task)
    {
        if (node is null)
            return task.Sizes.Contains("quickstart") ? "quickstart" : task.Sizes[0];
        if (node is SourceScalar scalar && task.Sizes.Contains(scalar.Text))
            return scalar.Text;
        problems.Add(node.Mark,
            $"task '{task.Id}' has no size {node.Shape}.{node.Guess(task.Sizes)}", $"sizes: {string.Join(", ", task.Sizes)}");
        return null;
    }

    private (string? Name, string? Family) Base(Fields fields, TaskDescription? task)
    {
        var node = fields["base"];
        if (node is SourceMap map)
        {
            node = Fields.Closed(map, FileKeys.Base, "'base'", problems)["model"];
            if (node is null)
            {
                problems.AddMissing(map.Mark, "'base' has no 'model'.");
                return default;
            }
        }

        if ((node is null ? task?.DefaultBase : _scalars.Text(node, "'base'")) is not { } name)
            return default;
        var at = node ?? fields["task"]!;
        var parts = name.Split(ICatalogue.BaseJoint);
        var found = Array.ConvertAll(parts, part => catalogue.Bases.Any(known => known.Id == part) ? part : Folder(at, part));
        if (found.Contains(null))
            return default;
        name = string.Join(ICatalogue.BaseJoint, found);
        if (catalogue.FamilyOf(name) is not { } family)
        {
            if (parts.Length > 1)
                problems.Add(at.Mark, $"base '{name}' must be an image encoder and a language model, in that order.");
            return (name, null);
        }

        if (task is null || task.Families.Count == 0 || task.Families.Contains(family))
            return (name, family);
        problems.Add(node?.Mark ?? fields.Mark,
            $"base '{name}' is of family {family}, but task '{task.Id}' needs {string.Join(" or ", task.Families)}.");
        return (name, null);
    }

    /// <summary>A base that is not made here is a folder, relative to the file.</summary>
    private string? Folder(SourceNode node, string name)
    {
        var path = Path.GetFullPath(Path.Combine(folder, name));
        if (File.Exists(Path.Combine(path, "config.json")))
            return path;

        var ids = catalogue.Bases.Select(known => known.Id).ToList();
        problems.Add(node.Mark, Directory.Exists(path) ? $"the folder '{name}' is no base model: it holds no config.json."
            : name.Contains('/', StringComparison.Ordinal) ? $"there is no folder '{name}', seen from this file."
            : $"unknown base '{name}'.{NearestName.Question(name, ids)}", $"bases: {string.Join(", ", ids)}, or a folder");
        return null;
    }

    private List<MethodEntry>? Methods(
        Fields fields, TaskDescription? task, IReadOnlyList<SharedParameter> shared, IReadOnlyList<SharedConstraint> rules)
    {
        if (fields["methods"] is not { } node)
        {
            problems.AddMissing(fields.Mark, "'methods' is missing: a list such as [base, lora, full].");
        }
        else if (node is SourceList { Items.Length: > 0 } list)
        {
            var names = new EntryNames(list, catalogue, problems);
            var entries = list.Items
                .Select((item, index) => names.WithExperts(_entries.Read(item, task, shared, rules), index))
                .ToList();
            return entries.Contains(null) ? null : [.. entries.OfType<MethodEntry>()];
        }
        else
        {
            problems.Add(node.Mark, $"'methods' must be a list such as [base, lora, full], not {node.Shape}.");
        }

        foreach (var parameter in shared)
            parameter.IsUncertain = true;
        foreach (var rule in rules)
            rule.IsUncertain = true;
        return null;
    }

    private void CheckFamilies(Fields fields, string name, string family)
    {
        foreach (var item in (fields["methods"] as SourceList)?.Items ?? [])
        {
            var node = item is SourceMap map ? map["method"] : item;
            if (catalogue.Methods.FirstOrDefault(known => known.Id == (node as SourceScalar)?.Text) is not { } method)
                continue;
            if (method.Families.Count > 0 && !method.Families.Contains(family))
            {
                problems.Add(node!.Mark,
                    $"method '{method.Id}' works on {string.Join(", ", method.Families)}, but base '{name}' is of family {family}.");
            }
        }
    }
}
