using System.Globalization;
using System.Text.RegularExpressions;
using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary>What configurations are judged by: the metric, further objectives, and bounds on what trials come to. Of a block of
/// programs, which has no task, a metric is whatever the program may report.</summary>
internal sealed partial class ObjectiveReader(Problems problems)
{
    /// <summary>The metric, which is the first objective.</summary>
    /// <returns>The metric, or null after a report.</returns>
    public Objective? Metric(SourceNode? node, TaskDescription task)
    {
        if (node is null)
            return new Objective(task.Metric, task.Maximize);

        var (named, goal) = Parts(node, "'metric'");
        var name = named is null ? task.Metric : (named as SourceScalar)?.Text;
        if (name is null || !IsMetric(name, task))
        {
            problems.Add(named!.Mark, $"task '{task.Id}' has no metric {named.Shape}.{named.Guess(task.Metrics)}",
                $"metrics: {string.Join(", ", task.Metrics)}");
            return null;
        }

        return WithGoal(name, named ?? node, goal, name == task.Metric ? task.Maximize : null);
    }

    /// <summary>What a claim is about: a metric or a cost, with its goal where that is not known.</summary>
    public Objective? Compared(SourceNode node, TaskDescription? task) => Measured(node, "'metric'", task) is var (name, named, goal)
        ? WithGoal(name, named, goal, GoalOf(name, task))
        : null;

    /// <summary>The objectives besides the metric.</summary>
    public IEnumerable<Objective> Further(SourceNode? node, TaskDescription? task, string? metric)
    {
        if (node is null)
            yield break;
        if (node is not SourceList { Items.Length: > 0 } list)
        {
            problems.Add(node.Mark, $"'objectives' must be a list such as [{TrialCosts.TrainableParameters}], not {node.Shape}.");
            yield break;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in list.Items)
        {
            if (Measured(item, "an element of 'objectives'", task) is not var (name, named, goal))
                continue;
            if (name == metric)
                problems.Add(named.Mark, $"'{name}' is the metric, and so the first objective already.");
            else if (!seen.Add(name))
                problems.Add(named.Mark, $"'objectives' lists '{name}' twice.");
            else if (WithGoal(name, named, goal, GoalOf(name, task)) is { } objective)
                yield return objective;
        }
    }

    /// <summary>Bounds: one text, or a list of them.</summary>
    public IEnumerable<OutcomeConstraint> Constraints(SourceNode? node, TaskDescription? task)
    {
        var seen = new List<OutcomeConstraint>();
        foreach (var item in node is null ? [] : node is SourceList list ? list.Items : [node])
        {
            if (Constraint(item, task) is not { } constraint)
                continue;
            if (seen.Exists(other => (other.Name, other.AtMost) == (constraint.Name, constraint.AtMost)))
            {
                problems.Add(item.Mark, $"'{constraint.Name}' has two {(constraint.AtMost ? "upper" : "lower")} bounds; give one.");
            }
            else if (seen.Find(other => other.Name == constraint.Name) is { } opposite
                && (constraint.AtMost ? opposite.Bound > constraint.Bound : opposite.Bound < constraint.Bound))
            {
                problems.Add(item.Mark, $"no trial can come to both {constraint} and {opposite}.");
            }

            seen.Add(constraint);
        }

        if (node is SourceList { Items.IsEmpty: true })
            problems.Add(node.Mark, $"'outcome_constraints' is empty; {Example}");
        return seen;
    }

    private const string Example = $"write a bound such as \"{TrialCosts.PeakMemory} <= 16000\".";

    private OutcomeConstraint? Constraint(SourceNode node, TaskDescription? task)
    {
        var match = node is SourceScalar scalar ? ConstraintForm().Match(scalar.Text) : Match.Empty;
        if (!match.Success)
        {
            problems.Add(node.Mark, $"an outcome constraint cannot be {node.Shape}; {Example}");
            return null;
        }

        var named = new SourceScalar(node.Mark, match.Groups["name"].Value, Quoted: false);
        var relation = match.Groups["relation"].Value;
        if (Known(named, task) is not { } name)
            return null;
        if (relation is not ("<=" or ">="))
            problems.Add(node.Mark, $"an outcome constraint has <= or >=, not {relation}; {Example}");
        else if (!double.TryParse(match.Groups["bound"].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var bound)
            || !double.IsFinite(bound))
            problems.Add(node.Mark, $"the bound of '{name}' must be a number, not '{match.Groups["bound"].Value}'.");
        else
            return new OutcomeConstraint(name, relation == "<=", bound);
        return null;
    }

    /// <summary>A metric or a cost, where it is named, and the goal, or null after a report.</summary>
    private (string Name, SourceNode Named, SourceNode? Goal)? Measured(SourceNode node, string owner, TaskDescription? task)
    {
        var (named, goal) = Parts(node, owner);
        if (named is null)
            problems.Add(node.Mark, $"{owner} has no 'name'.");
        return named is not null && Known(named, task) is { } name ? (name, named, goal) : null;
    }

    /// <summary>The name and the goal of a mapping; a single value is the name.</summary>
    private (SourceNode? Name, SourceNode? Goal) Parts(SourceNode node, string owner)
    {
        if (node is not SourceMap map)
            return (node, null);
        var fields = Fields.Closed(map, FileKeys.Metric, owner, problems);
        return (fields["name"], fields["goal"]);
    }

    private string? Known(SourceNode node, TaskDescription? task)
    {
        if (task is null)
            return Reported(node);
        if (node is SourceScalar { Text: var name } && (TrialCosts.Names.Contains(name) || IsMetric(name, task)))
            return name;

        List<string> names = [.. task.Metrics.Append(task.Metric).Distinct(), .. TrialCosts.Names];
        problems.Add(node.Mark, $"task '{task.Id}' comes to nothing called {node.Shape}.{node.Guess(names)}",
            $"metrics and costs: {string.Join(", ", names)}");
        return null;
    }

    /// <summary>What a program may report, or costs.</summary>
    private string? Reported(SourceNode node)
    {
        if (node is SourceScalar { IsEmpty: false, Text: not TrialCosts.TrainableParameters } scalar)
            return scalar.Text;
        problems.Add(node.Mark, $"a program comes to nothing called {node.Shape}, but to what it reports, {TrialCosts.PeakMemory} "
            + $"and {TrialCosts.Seconds}.");
        return null;
    }

    /// <param name="name">What is to be good.</param>
    /// <param name="named">Where it is named.</param>
    /// <param name="goal">What the file says of the direction, or null.</param>
    /// <param name="usual">Which way it is better, where that is known.</param>
    private Objective? WithGoal(string name, SourceNode named, SourceNode? goal, bool? usual)
    {
        bool? maximize = (goal as SourceScalar)?.Text switch
        {
            "maximize" => true,
            "minimize" => false,
            _ => null,
        };
        if (goal is not null && maximize is null)
            problems.Add(goal.Mark, $"'goal' must be maximize or minimize, not {goal.Shape}.");
        else if (goal is not null && usual is { } known && maximize != known)
            problems.Add(goal.Mark, $"'{name}' is {(TrialCosts.Names.Contains(name) ? "a cost" : "a metric")} to "
                + $"{(known ? "maximize" : "minimize")}.");
        else if ((maximize ?? usual) is { } direction)
            return new Objective(name, direction);
        else
            problems.Add(named.Mark, $"which way is '{name}' better? Write {{ name: {name}, goal: maximize }}, or minimize.");
        return null;
    }

    private static bool? GoalOf(string name, TaskDescription? task) =>
        TrialCosts.Names.Contains(name) ? false : name == task?.Metric ? task.Maximize : null;

    private static bool IsMetric(string name, TaskDescription task) => name == task.Metric || task.Metrics.Contains(name);

    [GeneratedRegex(@"^\s*(?<name>[A-Za-z_]\w*)\s*(?<relation>[<>=!]=?)\s*(?<bound>\S+)\s*$", RegexOptions.ExplicitCapture)]
    private static partial Regex ConstraintForm();
}
