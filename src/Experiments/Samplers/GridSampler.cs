using System.ComponentModel;
using Experiments.Sweeps;

namespace Experiments.Samplers;

/// <summary>Goes through every configuration of a space once, in order of declaration with the last parameter fastest.</summary>
[Sampler("grid")]
[Description("Every configuration once; ranges of reals need points or step.")]
public sealed class GridSampler(GridSampler.Options options) : ISampler
{
    /// <summary>What a sweep file can set.</summary>
    public sealed record Options
    {
        /// <summary>Whether the configurations come in an order that the seed fixes, instead of the counted one.</summary>
        [Description("Whether configurations come in a random order that the seed fixes.")]
        public bool Shuffle { get; init; }
    }

    /// <inheritdoc/>
    public Configuration? Suggest(SearchSpace space, IReadOnlyList<Observation> history, int index, ulong seed)
    {
        if (GridSpace.OfValues(space) is not { } grid)
        {
            var endless = space.Parameters.First(parameter => Axis.Of(parameter.Domain) is null);
            throw new SpecException($"'{endless.Name}' {Obstacle(endless.Domain)}");
        }

        if (!grid.IsFiltered)
            throw new SpecException($"The space {Obstacle(space)}");
        if (index >= grid.Count)
            return null;
        return grid[options.Shuffle ? Shuffled(grid, index, seed) : index];
    }

    /// <inheritdoc/>
    public bool GoesThroughGrid => true;

    /// <inheritdoc/>
    public long? Count(SearchSpace space) =>
        GridSpace.OfValues(space) is { IsFiltered: true } grid && grid.Count <= long.MaxValue ? (long)grid.Count : null;

    /// <inheritdoc/>
    public SpaceSize Size(SearchSpace space) => SpaceSize.Of(space, GridSpace.OfValues(space));

    /// <inheritdoc/>
    public string? Obstacle(SearchSpace space) => GridSpace.OfValues(space) is { IsFiltered: false } grid
        ? $"has a grid of {grid.All} configurations, too many to hold each against the constraints."
        : SpaceSize.Obstacle(space, GridSpace.OfValues(space));

    /// <inheritdoc/>
    public string? Obstacle(Domain domain) =>
        Axis.Of(domain) is null ? "is a continuous range, which a grid cannot go through: give it 'points', 'step' or 'choices'." : null;

    private static long Shuffled(GridSpace grid, int index, ulong seed) =>
        new KeyedPermutation((long)System.Numerics.BigInteger.Min(grid.Count, long.MaxValue), seed)[index];
}
