using System.Globalization;
using System.Numerics;
using Experiments.Sweeps;

namespace Experiments.Samplers;

/// <summary>How many configurations a space has.</summary>
/// <param name="Count">How many; null where a continuous range has no end of them.</param>
/// <param name="IsExact">Whether they were counted; else their number was estimated from draws that the constraints admit.</param>
public sealed record SpaceSize(BigInteger? Count, bool IsExact)
{
    private const int Draws = 1_000;

    /// <summary>Of that many draws at least these must be admitted, or a sampler would redraw more than it may.</summary>
    private const int FewestAdmitted = 10;

    /// <summary><c>1,200</c>, <c>about 3,400</c>, <c>about 2.1e+18</c> or <c>endless</c>.</summary>
    public override string ToString()
    {
        if (Count is not { } count)
            return "endless";
        var isShort = count < 1_000_000_000_000;
        return (IsExact && isShort ? "" : "about ") + (isShort
            ? count.ToString("#,0", CultureInfo.InvariantCulture)
            : ((double)count).ToString("0.0e+0", CultureInfo.InvariantCulture));
    }

    /// <summary>The size of a space whose finite configurations are these.</summary>
    internal static SpaceSize Of(SearchSpace space, GridSpace? finite) => finite switch
    {
        null => new(null, IsExact: true),
        { IsFiltered: true } => new(finite.Count, IsExact: true),
        _ => new(finite.All * Admitted(space).Count / Draws, IsExact: false),
    };

    /// <summary>Why constraints leave a sampler too little of a space, as the end of a sentence that begins with the entry;
    /// null where they leave enough.</summary>
    internal static string? Obstacle(SearchSpace space, GridSpace? finite)
    {
        if (space.Constraints.Count == 0 || finite is { IsFiltered: true, Count.IsZero: false })
            return null;

        var (count, strictest) = Admitted(space);
        return finite is { IsFiltered: true } || count == 0 ? $"has no configuration that keeps '{strictest}'."
            : count < FewestAdmitted ? $"has hardly a configuration that keeps '{strictest}': {count} of {Draws} draws do."
            : null;
    }

    /// <summary>How many draws the constraints admit, and the constraint that refuses most of them.</summary>
    private static (int Count, Constraint? Strictest) Admitted(SearchSpace space)
    {
        var drawn = Enumerable.Range(0, Draws)
            .Select(index => UnitCube.Of(space).At(RandomSampler.Point(space, index, seed: 0, redraw: 0)))
            .ToList();
        return (drawn.Count(space.Admits), space.Constraints.MaxBy(rule => drawn.Count(each => !rule.HoldsIn(each.Values))));
    }
}
