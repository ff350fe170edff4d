using System.ComponentModel;
using Experiments.Sweeps;

namespace Experiments.Samplers;

/// <summary>
/// Draws each parameter by itself, in parallel as in sequence: a value is a function of (seed, index, parameter, redraw).
/// A finite space gives no configuration twice, and null when it has no more.
/// </summary>
[Sampler("random")]
[Description("Each parameter drawn by itself; a finite space gives no configuration twice.")]
public sealed class RandomSampler : ISampler
{
    /// <inheritdoc/>
    public Configuration? Suggest(SearchSpace space, IReadOnlyList<Observation> history, int index, ulong seed) =>
        DistinctDraws.Next(space, history, index, seed, redraw => UnitCube.Of(space).At(Point(space, index, seed, redraw)));

    /// <inheritdoc/>
    public long? Count(SearchSpace space) => DistinctDraws.Count(space);

    /// <summary>The uniform point of a draw. A coordinate depends on the parameter's name alone, not on those around it.</summary>
    internal static double[] Point(SearchSpace space, int index, ulong seed, int redraw)
    {
        var point = new double[space.Parameters.Count];
        for (var dimension = 0; dimension < point.Length; dimension++)
            point[dimension] = new KeyedStream(seed, (ulong)index, space.Parameters[dimension].Name).Real((ulong)redraw);
        return point;
    }
}
