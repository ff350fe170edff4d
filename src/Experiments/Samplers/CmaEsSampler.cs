using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Experiments.Sweeps;

namespace Experiments.Samplers;

/// <summary>
/// CMA-ES on the unit cube: draws from a normal distribution whose mean, step and covariance follow the better half of each
/// generation. Its state is computed anew from the recorded configurations at every draw, generation by generation, so that
/// nothing else has to survive a crash; a configuration is drawn from the generations that are complete, and none waits.
/// Whole numbers and ordered choices are rounded, with noise of a quarter of a step at least, so that they never freeze;
/// other choices follow their share of the better halves. When the steps have become tiny it starts again elsewhere with
/// twice the generation. The first of several objectives counts.
/// </summary>
/// <remarks>Hansen 2016, "The CMA evolution strategy: a tutorial", arXiv:1604.00772, without negative weights; restarts after
/// Auger and Hansen 2005 (IPOP); the noise after Hamano et al. 2022, arXiv:2205.13482, who bound the probabilities instead.</remarks>
[Sampler("cma-es")]
[Description("CMA-ES: a normal distribution that learns from each generation; for numbers, with 100 trials and more.")]
public sealed class CmaEsSampler(CmaEsSampler.Options options) : ISampler
{
    private const int MostLearnt = 100;

    /// <summary>Steps below this share of a range find nothing any more.</summary>
    private const double TinyStep = 1e-6;

    /// <summary>What a sweep file can set.</summary>
    public sealed record Options
    {
        /// <summary>Configurations of a generation; 0 for 4 + ⌊3 ln(number of numeric parameters)⌋.</summary>
        [Description("Configurations of a generation; 0 for 4 + 3 ln(number of numeric parameters).")]
        [Range(0, 10_000)]
        public int Population { get; init; }

        /// <summary>Standard deviation at the start, as a share of each range.</summary>
        [Description("Standard deviation at the start, as a share of each range.")]
        [Range(0.001, 1)]
        public double Step { get; init; } = 0.3;
    }

    /// <inheritdoc/>
    public bool UsesHistory => true;

    /// <inheritdoc/>
    public long? Count(SearchSpace space) => DistinctDraws.Count(space);

    /// <inheritdoc/>
    public Configuration? Suggest(SearchSpace space, IReadOnlyList<Observation> history, int index, ulong seed)
    {
        var cube = UnitCube.Of(space);
        MixedDistribution? state = null;
        return DistinctDraws.Next(space, history, index, seed, redraw => cube.At(redraw < MostLearnt
            ? Learnt().Draw(new KeyedStream(seed, (ulong)index, $"cma-es/{redraw}"))
            : RandomSampler.Point(space, index, seed, redraw)));

        MixedDistribution Learnt() =>
            state ??= Learn(cube, CurveExtrapolation.Of(history, index, space.Parameters.Count), index, seed);
    }

    /// <summary>Goes through the complete generations.</summary>
    internal MixedDistribution Learn(UnitCube cube, IReadOnlyList<Observation> history, int index, ulong seed)
    {
        int[] numeric = [.. Enumerable.Range(0, cube.Dimensions).Where(cube.IsOrdered)];
        var population = options.Population > 0 ? Math.Max(2, options.Population)
            : 4 + (int)(3 * Math.Log(Math.Max(1, numeric.Length)));
        double[] center = [.. Enumerable.Repeat(UnitCube.Middle, numeric.Length)];
        var learnt = new MixedDistribution(cube, numeric, new CovarianceAdaptation(center, options.Step, population));
        var known = Generations.Known(history, index);
        for (var (start, restarts) = (0, 0UL); start + learnt.Normal.Population <= known.Count;)
        {
            var generation = known.GetRange(start, learnt.Normal.Population);
            start += generation.Count;
            learnt.Update([.. generation.OrderBy(each => each.Failed).ThenBy(each => each.Violation)
                .ThenByDescending(each => each.Progress).ThenBy(Rank)]);
            if (learnt.Normal.LargestDeviation >= TinyStep || numeric.Length == 0)
                continue;

            restarts++;
            var place = new KeyedStream(seed, restarts, "cma-es/restart");
            double[] mean = [.. numeric.Select((_, dimension) => place.Real((ulong)dimension))];
            learnt = new MixedDistribution(cube, numeric, new CovarianceAdaptation(mean, options.Step, 2 * learnt.Normal.Population));
        }

        return learnt;
    }

    /// <summary>What is not a number is worse than all that are.</summary>
    private static double Rank(Observation observation) =>
        observation.Objectives.Count > 0 && double.IsFinite(observation.Objectives[0])
            ? observation.Objectives[0]
            : double.PositiveInfinity;
}
