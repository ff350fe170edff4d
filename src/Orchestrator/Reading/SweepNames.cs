using Experiments.Storage;
using Experiments.Sweeps;
using Orchestrator.Commands;

namespace Orchestrator.Reading;

/// <summary>Finds the sweep that somebody named: whole, by a prefix that only one has, or <c>@last</c>.</summary>
internal static class SweepNames
{
    /// <summary>The newest sweep.</summary>
    public const string Last = "@last";

    /// <summary>The sweep meant.</summary>
    /// <param name="sweeps">All sweeps, newest last.</param>
    /// <param name="given">What the user wrote.</param>
    /// <exception cref="NoSuchThingException">When there is none, or more than one.</exception>
    public static string Resolve(IReadOnlyList<SweepSummary> sweeps, string given)
    {
        if (sweeps.Count == 0)
            throw new NoSuchThingException("There is no sweep yet. Start one: orchestrator run FILE.");
        if (given == Last)
            return sweeps[^1].Name;
        if (sweeps.Any(sweep => sweep.Name == given))
            return given;

        string[] begun = [.. sweeps.Select(sweep => sweep.Name).Where(name => name.StartsWith(given, StringComparison.Ordinal))];
        return begun switch
        {
            [var only] => only,
            [] => throw new NoSuchThingException(
                $"There is no sweep '{given}'.{NearestName.Question(given, sweeps.Select(sweep => sweep.Name))} Sweeps: {Names(sweeps)}."),
            _ => throw new NoSuchThingException($"'{given}' could be {string.Join(" or ", begun)}."),
        };
    }

    private static string Names(IReadOnlyList<SweepSummary> sweeps) =>
        string.Join(", ", sweeps.Select(sweep => sweep.Name).Order(StringComparer.Ordinal));
}
