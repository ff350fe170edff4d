using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary>Whether conditions can hold at the same time, those of their parents included.</summary>
internal static class Satisfiable
{
    /// <param name="conditions">Conditions that must all hold.</param>
    /// <param name="parameters">The parameters that they may name, each after its own parents.</param>
    public static bool Together(IEnumerable<Condition> conditions, IReadOnlyList<Parameter> parameters)
    {
        // Each condition asks for one of a few values, so all hold together when each parent keeps a value.
        var allowed = new Dictionary<string, HashSet<ParameterValue>>(StringComparer.Ordinal);
        var open = new Stack<Condition>(conditions);
        while (open.TryPop(out var condition))
        {
            var parent = parameters.FirstOrDefault(parameter => parameter.Name == condition.Parent);
            if (parent is null || Axis.OfDraws(parent.Domain) is not { } axis)
                continue;

            var values = condition.Values.Where(value => axis.PositionOf(value) >= 0);
            if (allowed.TryGetValue(condition.Parent, out var kept))
                kept.IntersectWith(values);
            else
                allowed.Add(condition.Parent, kept = [.. values]);
            if (kept.Count == 0)
                return false;
            foreach (var inherited in parent.When)
                open.Push(inherited);
        }

        return true;
    }
}
