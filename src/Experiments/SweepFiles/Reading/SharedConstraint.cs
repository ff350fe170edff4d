using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary>A constraint with its place, and what became of it: one beside the methods that no entry takes is a mistake.</summary>
internal sealed class SharedConstraint(SourceScalar node, Constraint rule)
{
    public Constraint Rule { get; } = rule;

    public SourceMark Mark => node.Mark;

    /// <summary>Some entry has all the parameters that it names.</summary>
    public bool IsTaken { get; private set; }

    /// <summary>Some entry's parameters are not all known.</summary>
    public bool IsUncertain { get; set; }

    /// <summary>The parameters of all entries, for a proposal.</summary>
    private readonly HashSet<string> _candidates = new(StringComparer.Ordinal);

    /// <summary>The constraints of a <c>constraints:</c> list.</summary>
    public static List<SharedConstraint> Read(SourceNode? node, Problems problems)
    {
        var read = new List<SharedConstraint>();
        if (node is not (null or SourceList { Items.Length: > 0 }))
            problems.Add(node.Mark, $"'constraints' must be a list such as [\"rank * experts <= 64\"], not {node.Shape}.");

        foreach (var item in (node as SourceList)?.Items ?? [])
        {
            if (item is not SourceScalar scalar)
            {
                problems.Add(item.Mark, $"a constraint is a text such as \"rank * experts <= 64\", not {item.Shape}.");
                continue;
            }

            try
            {
                read.Add(new SharedConstraint(scalar, new Constraint(scalar.Text)));
            }
            catch (ConstraintException mistake)
            {
                Add(scalar, mistake, problems);
            }
        }

        return read;
    }

    /// <summary>Those that an entry keeps: its own, and of those beside the entries the ones whose parameters it all has.</summary>
    /// <param name="own">The entry's <c>constraints:</c>.</param>
    /// <param name="rules">Those beside the entries.</param>
    /// <param name="parameters">The entry's parameters.</param>
    /// <param name="problems">Where mistakes are reported.</param>
    public static List<SharedConstraint> KeptBy(
        SourceNode? own, IEnumerable<SharedConstraint> rules, IReadOnlyDictionary<string, OptionDescription> parameters, Problems problems)
    {
        List<SharedConstraint> kept = [.. Read(own, problems), .. rules.Where(rule => rule.AppliesTo(parameters))];
        kept.ForEach(rule => rule.Take(parameters, problems));
        return kept;
    }

    /// <summary>Whether an entry with these parameters keeps it: where it has all that are named.</summary>
    private bool AppliesTo(IReadOnlyDictionary<string, OptionDescription> parameters)
    {
        _candidates.UnionWith(parameters.Keys);
        return Rule.Names.All(parameters.ContainsKey);
    }

    /// <summary>An entry with these parameters keeps it.</summary>
    private void Take(IReadOnlyDictionary<string, OptionDescription> parameters, Problems problems)
    {
        IsTaken = true;
        try
        {
            Rule.Check(parameters);
        }
        catch (ConstraintException mistake)
        {
            Add(node, mistake, problems);
        }
    }

    /// <summary>Reports a constraint that no entry takes, once all entries were read.</summary>
    public void Check(Problems problems)
    {
        if (IsTaken || IsUncertain)
            return;
        if (Rule.Names.FirstOrDefault(name => !_candidates.Contains(name)) is { } stray)
        {
            problems.Add(node.Mark, $"the constraint '{Rule}' names '{stray}', which is not a parameter of any method here."
                + NearestName.Question(stray, _candidates));
        }
        else
        {
            problems.Add(node.Mark,
                $"the constraint '{Rule}' applies to none of the methods: none has {string.Join(" and ", Rule.Names)}.");
        }
    }

    /// <summary>The mistake at its place in the file, where the text stands there as it is.</summary>
    private static void Add(SourceScalar node, ConstraintException mistake, Problems problems)
    {
        var quotes = node.Quoted ? 1 : 0;
        problems.Add(node.Mark.Length == node.Text.Length + 2 * quotes
            ? node.Mark with { Column = node.Mark.Column + quotes + mistake.Start, Length = mistake.Length }
            : node.Mark, mistake.Message);
    }
}
