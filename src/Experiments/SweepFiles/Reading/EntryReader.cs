using Experiments.Samplers;
using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary>One element of <c>methods:</c> with everything that it searches.</summary>
internal sealed class EntryReader(ICatalogue catalogue, ISampler? sampler, Problems problems)
{
    private readonly DomainReader _domains = new(problems);
    private readonly ConditionReader _conditions = new(catalogue, problems);
    private readonly StartReader _starts = new(sampler, problems);

    /// <summary>The name that an element goes by, whether or not the rest of it is right.</summary>
    public static SourceScalar? NameOf(SourceNode node)
    {
        var name = node is SourceMap map ? map["as"] ?? map["method"] : node;
        return name is SourceScalar { IsEmpty: false } scalar ? scalar : null;
    }

    /// <param name="node">The element: a bare name, or a mapping.</param>
    /// <param name="task">The block's task, or null where it is not known.</param>
    /// <param name="shared">Parameters beside the methods: the block's, then the sweep's.</param>
    /// <param name="rules">Constraints beside the methods.</param>
    /// <returns>The entry without its experts, or null after a report.</returns>
    public MethodEntry? Read(
        SourceNode node, TaskDescription? task, IReadOnlyList<SharedParameter> shared, IReadOnlyList<SharedConstraint> rules)
    {
        var fields = node is SourceMap map ? Fields.Open(map, FileKeys.Entry, problems) : null;
        if (MethodOf(node, fields) is not { } method)
        {
            foreach (var parameter in shared)
                parameter.IsUncertain = true;
            foreach (var rule in rules)
                rule.IsUncertain = true;
            return null;
        }

        var options = new OptionSet(method, task, catalogue.TrainingOptions);
        var own = fields is null ? [] : Own(fields, method, options);
        var parameters = own.Concat(Applying(shared, own, method, options)).ToList();
        var before = problems.Count;
        var declared = Declare(parameters, method, options);
        var known = parameters.ToDictionary(entry => entry.Key.Text, entry => options.Find(entry.Key.Text)!);
        var kept = SharedConstraint.KeptBy(fields?["constraints"], rules, known, problems);
        var entry = new MethodEntry
        {
            Name = NameOf(node)?.Text ?? method.Id,
            Method = method.Id,
            Space = new SearchSpace([.. declared], [.. kept.Select(rule => rule.Rule)]),
        };
        if (problems.Count == before && sampler is not null && sampler.Obstacle(entry.Space) is { } obstacle)
            problems.Add(kept[0].Mark, $"'{entry.Name}' {obstacle}");
        return problems.Count == before ? entry with { StartWith = _starts.Read(fields?["start_with"], entry.Space) } : entry;
    }

    private MethodDescription? MethodOf(SourceNode node, Fields? fields)
    {
        var ids = catalogue.Methods.Select(known => known.Id).ToList();
        var named = fields is null ? node : fields["method"];
        if (named is null or SourceScalar { IsEmpty: true })
        {
            var wrapped = fields?.Others.FirstOrDefault(entry => ids.Contains(entry.Key.Text));
            problems.Add(named?.Mark ?? node.Mark, wrapped is null
                ? "this entry has no 'method'."
                : $"write 'method: {wrapped.Key.Text}' and its options beside it, not beneath the name.");
            return null;
        }

        if (catalogue.Methods.FirstOrDefault(known => known.Id == (named as SourceScalar)?.Text) is { } method)
            return method;

        problems.Add(named.Mark, $"unknown method {named.Shape}.{named.Guess(ids)}", $"methods: {string.Join(", ", ids)}");
        return null;
    }

    private List<SourceEntry> Own(Fields fields, MethodDescription method, OptionSet options)
    {
        var own = new List<SourceEntry>();
        foreach (var entry in fields.All)
        {
            // Where a method composes none, "experts" may be an option: how many it trains itself.
            var name = entry.Key.Text;
            if (FileKeys.Entry.Has(name) && (name != "experts" || method.ComposesExperts))
                continue;
            if (options.Find(name) is not null)
                own.Add(entry);
            else if (name == "experts")
                problems.Add(entry.Key.Mark, $"method '{method.Id}' composes no experts.", options.Hint);
            else if (FileKeys.Entry.Foreign.TryGetValue(name, out var here) && !fields.Has(here))
                problems.Add(entry.Key.Mark, $"'{name}' is called '{here}' here.");
            else if (options.IsWhole || NearestName.Of(name, options.Names) is not null)
                options.Complain(entry.Key, problems);
        }

        return own;
    }

    private IEnumerable<SourceEntry> Applying(
        IReadOnlyList<SharedParameter> shared, IReadOnlyList<SourceEntry> own, MethodDescription method, OptionSet options)
    {
        var given = own.Select(entry => entry.Key.Text).ToHashSet(StringComparer.Ordinal);
        foreach (var parameter in shared)
        {
            parameter.Candidates.UnionWith(options.Names);
            parameter.IsUncertain |= !options.IsWhole;
            if (options.Find(parameter.Name) is null)
                continue;

            parameter.IsKnown = true;
            var when = (parameter.Node as SourceMap)?["when"];
            if (given.Contains(parameter.Name))
            {
                parameter.IsTaken = true;
            }
            else if (_conditions.HoldsFor(when, method)
                && ConditionReader.ParentsOf(when).All(parent => options.Find(parent) is not null))
            {
                parameter.IsTaken = true;
                given.Add(parameter.Name);
                yield return new SourceEntry(parameter.Key, parameter.Node);
            }
        }
    }

    private List<Parameter> Declare(List<SourceEntry> parameters, MethodDescription method, OptionSet options)
    {
        var names = parameters.Select(entry => entry.Key.Text).ToHashSet(StringComparer.Ordinal);
        var earlier = new List<Declared>();
        foreach (var (key, node) in parameters)
        {
            var option = options.Find(key.Text)!;
            var what = options.Describe(key.Text);
            var domain = _domains.Read(node, option, what);
            var when = (node as SourceMap)?["when"];
            EquatableArray<Condition> conditions = when is null ? [] : _conditions.Read(when, key.Text, earlier, names);
            if (!_conditions.HoldsFor(when, method))
                problems.Add(when!.Mark, $"'when' of '{key.Text}' is never true: the method here is '{method.Id}'.");
            if (domain is not null && sampler?.Obstacle(domain) is { } obstacle)
                problems.Add(node.Mark, $"{what} {obstacle}");
            earlier.Add(new Declared(key.Text, option, domain is null ? null : new Parameter(key.Text, domain, conditions)));
        }

        return [.. earlier.Select(declared => declared.Parameter).OfType<Parameter>()];
    }
}
