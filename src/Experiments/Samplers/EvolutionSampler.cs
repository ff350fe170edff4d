using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Experiments.Sweeps;

namespace Experiments.Samplers;

/// <summary>
/// NSGA-II on the unit cube, for one objective or several: a child of two parents that won a tournament each, crossed and
/// mutated. The parents are the best of the population before and of the newest complete generation, found anew from the
/// recorded configurations at every draw; those that are still out are not waited for. Until there is a generation, at random.
/// </summary>
/// <remarks>Deb et al. 2002 (see <see cref="ParetoRanking"/>); simulated binary crossover and polynomial mutation within bounds
/// as in Deb and Agrawal 1995 and 1999, with index 15 and 20; choices are taken from either parent and drawn anew to mutate.</remarks>
[Sampler("evolution")]
[Description("NSGA-II: children of the best so far, for one objective or several; with 100 trials and more.")]
public sealed class EvolutionSampler(EvolutionSampler.Options options) : ISampler
{
    private const double CrossoverIndex = 15;
    private const double MutationIndex = 20;
    private const int MostBred = 100;

    /// <summary>What a sweep file can set.</summary>
    public sealed record Options
    {
        /// <summary>Configurations of a generation, and parents of the next one.</summary>
        [Description("Configurations of a generation, and parents of the next one.")]
        [Range(4, 10_000)]
        public int Population { get; init; } = 24;

        /// <summary>Share of the children that are crossed; the others are mutated copies of one parent.</summary>
        [Description("Share of the children that are crossed; the others are mutated copies of one parent.")]
        [Range(0.0, 1.0)]
        public double Crossover { get; init; } = 0.9;
    }

    /// <inheritdoc/>
    public bool UsesHistory => true;

    /// <inheritdoc/>
    public long? Count(SearchSpace space) => DistinctDraws.Count(space);

    /// <inheritdoc/>
    public Configuration? Suggest(SearchSpace space, IReadOnlyList<Observation> history, int index, ulong seed)
    {
        var cube = UnitCube.Of(space);
        var parents = Parents(CurveExtrapolation.Of(history, index, space.Parameters.Count), index);
        return DistinctDraws.Next(space, history, index, seed, redraw => cube.At(parents.Count > 0 && redraw < MostBred
            ? Child(cube, parents, new KeyedStream(seed, (ulong)index, $"evolution/{redraw}"))
            : RandomSampler.Point(space, index, seed, redraw)));
    }

    /// <summary>The population after the last complete generation, the best first; empty before there is one.</summary>
    internal List<Ranked> Parents(IReadOnlyList<Observation> history, int index)
    {
        List<Ranked> parents = [];
        foreach (var generation in Generations.Known(history, index).Chunk(options.Population))
        {
            if (generation.Length == options.Population)
                parents = [.. ParetoRanking.Of([.. parents.Select(each => each.Observation), .. generation]).Take(options.Population)];
        }

        return parents;
    }

    /// <summary>A coordinate of the child, near the lower or the upper parent as likely as not.</summary>
    /// <param name="one">Coordinate of a parent.</param>
    /// <param name="other">That of the other one.</param>
    /// <param name="drawn">In [0, 1): how far from the parents.</param>
    /// <param name="isUpper">Whether near the upper parent.</param>
    internal static double Cross(double one, double other, double drawn, bool isUpper)
    {
        var (low, high) = (Math.Min(one, other), Math.Max(one, other));
        if (high - low < 1e-14)
            return one;

        var spread = 1 + 2 * (isUpper ? 1 - high : low) / (high - low);
        var bound = 2 - Math.Pow(spread, -(CrossoverIndex + 1));
        var share = drawn * bound;
        var factor = Math.Pow(share <= 1 ? share : 1 / (2 - share), 1 / (CrossoverIndex + 1));
        return 0.5 * (low + high + (isUpper ? factor : -factor) * (high - low));
    }

    /// <summary>What a coordinate becomes: most often something near, never beyond the bounds.</summary>
    /// <param name="coordinate">In [0, 1].</param>
    /// <param name="drawn">In [0, 1): below a half it becomes lower, above higher.</param>
    /// <param name="step">Distance to the next value, which is the least change; 0 for none.</param>
    internal static double Mutate(double coordinate, double drawn, double step)
    {
        var power = MutationIndex + 1;
        var change = drawn < 0.5
            ? Math.Pow(2 * drawn + (1 - 2 * drawn) * Math.Pow(1 - coordinate, power), 1 / power) - 1
            : 1 - Math.Pow(2 * (1 - drawn) + (2 * drawn - 1) * Math.Pow(coordinate, power), 1 / power);
        return coordinate + (Math.Abs(change) < step ? Math.CopySign(step, change) : change);
    }

    private double[] Child(UnitCube cube, List<Ranked> parents, KeyedStream random)
    {
        var counter = 0UL;
        var mother = cube.PointOf(Winner().Configuration, absent: double.NaN);
        var father = cube.PointOf(Winner().Configuration, absent: double.NaN);
        var isCrossed = random.Real(counter++) < options.Crossover;
        var child = new double[cube.Dimensions];
        for (var dimension = 0; dimension < child.Length; dimension++)
        {
            // A condition may wake a parameter that a parent has not.
            var unknown = random.Real(counter++);
            var one = double.IsNaN(mother[dimension]) ? unknown : mother[dimension];
            var other = double.IsNaN(father[dimension]) ? one : father[dimension];
            if (double.IsNaN(mother[dimension]))
                one = other;
            var (coin, drawn, side) = (random.Real(counter++), random.Real(counter++), random.Real(counter++));
            var isOrdered = cube.IsOrdered(dimension);
            var inherited = !isCrossed || coin < 0.5 ? one
                : isOrdered ? Cross(one, other, drawn, side < 0.5)
                : other;

            var (chance, change) = (random.Real(counter++), random.Real(counter++));
            var mutated = chance >= 1.0 / child.Length ? inherited
                : isOrdered ? Mutate(inherited, change, cube.StepAt(dimension, inherited))
                : change;
            child[dimension] = Math.Clamp(mutated, 0, UnitCube.LargestBelowOne);
        }

        return child;

        Observation Winner()
        {
            var (one, other) = (random.Below(parents.Count, counter++), random.Below(parents.Count, counter++));
            return parents[(int)Math.Min(one, other)].Observation; // they are in order
        }
    }
}
