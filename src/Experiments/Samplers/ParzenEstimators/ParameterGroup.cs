using Experiments.Sweeps;

namespace Experiments.Samplers.ParzenEstimators;

/// <summary>Parameters under the same conditions: a configuration has all of them or none.</summary>
/// <param name="When">The conditions.</param>
/// <param name="Parameters">Their places in the space.</param>
internal sealed record ParameterGroup(EquatableArray<Condition> When, int[] Parameters)
{
    /// <summary>The groups of a space in the order of their first parameters. What a condition names is declared before, so
    /// that each group stands behind those that decide on it.</summary>
    public static ParameterGroup[] Of(SearchSpace space) =>
    [
        .. Enumerable.Range(0, space.Parameters.Count)
            .GroupBy(place => space.Parameters[place].When)
            .Select(group => new ParameterGroup(group.Key, [.. group])),
    ];
}
