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
    private const int MostOutside = 10;
    private const int MostLearnt = 100;
    private const double QuarterStep = 0.25;

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
        Learner? learnt = null;
        return DistinctDraws.Next(space, history, index, seed, redraw => cube.At(redraw < MostLearnt
            ? (learnt ??= Learn(cube, history, index, seed)).Draw(new KeyedStream(seed, (ulong)index, $"cma-es/{redraw}"))
            : RandomSampler.Point(space, index, seed, redraw)));
    }

    /// <summary>Goes through the complete generations.</summary>
    internal Learner Learn(UnitCube cube, IReadOnlyList<Observation> history, int index, ulong seed)
    {
        int[] numeric = [.. Enumerable.Range(0, cube.Dimensions).Where(cube.IsOrdered)];
        var population = options.Population > 0 ? Math.Max(2, options.Population)
            : 4 + (int)(3 * Math.Log(Math.Max(1, numeric.Length)));
        var learner = new Learner(cube, numeric, new CovarianceAdaptation(Center(numeric.Length), options.Step, population));
        var ended = Generations.Ended(history, index);
        for (var (start, restarts) = (0, 0UL); start + learner.Normal.Population <= ended.Count;)
        {
            var generation = ended.GetRange(start, learner.Normal.Population);
            start += generation.Count;
            learner.Update([.. generation.OrderBy(each => each.Failed).ThenBy(each => each.Violation).ThenBy(each => Rank(each))]);
            if (learner.Normal.LargestDeviation >= TinyStep || numeric.Length == 0)
                continue;

            restarts++;
            var place = new KeyedStream(seed, restarts, "cma-es/restart");
            double[] mean = [.. numeric.Select((_, dimension) => place.Real((ulong)dimension))];
            learner = new Learner(cube, numeric, new CovarianceAdaptation(mean, options.Step, 2 * learner.Normal.Population));
        }

        return learner;
    }

    /// <summary>What is not a number is worse than all that are.</summary>
    private static double Rank(Observation observation) =>
        observation.Objectives.Count > 0 && double.IsFinite(observation.Objectives[0])
            ? observation.Objectives[0]
            : double.PositiveInfinity;

    private static double[] Center(int dimensions)
    {
        var center = new double[dimensions];
        Array.Fill(center, UnitCube.Middle);
        return center;
    }

    /// <summary>The distribution over a space: a normal one of the numeric dimensions, and shares of the choices.</summary>
    internal sealed class Learner
    {
        private const double NewShare = 0.3; // of a generation in the shares of choices
        private const double EvenShare = 0.1; // that no choice is ever lost

        private readonly UnitCube _cube;
        private readonly int[] _numeric;
        private readonly Dictionary<int, double[]> _shares;

        public Learner(UnitCube cube, int[] numeric, CovarianceAdaptation normal)
        {
            (_cube, _numeric, Normal) = (cube, numeric, normal);
            _shares = Enumerable.Range(0, cube.Dimensions)
                .Where(dimension => !cube.IsOrdered(dimension) && cube.CountOf(dimension) > 1)
                .ToDictionary(dimension => dimension, dimension => Even((int)cube.CountOf(dimension)!.Value));
        }

        public CovarianceAdaptation Normal { get; }

        /// <summary>Learns from a generation, the best first.</summary>
        public void Update(IReadOnlyList<Observation> generation)
        {
            double[][] points = [.. generation.Select(each => _cube.PointOf(each.Configuration, absent: double.NaN))];
            Normal.Update([.. points.Select(point => _numeric.Select(dimension => point[dimension]).ToArray())]);
            foreach (var (dimension, shares) in _shares)
            {
                double[] chosen = [.. points.Take(points.Length / 2).Select(point => point[dimension]).Where(double.IsFinite)];
                for (var choice = 0; choice < shares.Length && chosen.Length > 0; choice++)
                {
                    var share = chosen.Count(each => (int)(each * shares.Length) == choice) / (double)chosen.Length;
                    shares[choice] += NewShare * (share - shares[choice]);
                }
            }
        }

        /// <summary>A point in [0, 1)^d.</summary>
        public double[] Draw(KeyedStream random)
        {
            var point = new double[_cube.Dimensions];
            Array.Fill(point, UnitCube.Middle);
            var counter = 0UL;
            foreach (var (dimension, shares) in _shares)
                point[dimension] = (Choose(shares, random.Real(counter++)) + 0.5) / shares.Length;

            var drawn = Noisy(random, ref counter);
            for (var again = 0; again < MostOutside && Array.Exists(drawn, each => each is < 0 or >= 1); again++)
                drawn = Noisy(random, ref counter);
            for (var i = 0; i < _numeric.Length; i++)
                point[_numeric[i]] = Math.Clamp(drawn[i], 0, UnitCube.LargestBelowOne);
            return point;
        }

        private double[] Noisy(KeyedStream random, ref ulong counter)
        {
            var drawn = Normal.Draw(random, ref counter);
            for (var i = 0; i < drawn.Length; i++)
            {
                var least = QuarterStep * _cube.StepAt(_numeric[i], Math.Clamp(Normal.Mean[i], 0, UnitCube.LargestBelowOne));
                var missing = least * least - Normal.Deviation(i) * Normal.Deviation(i);
                if (missing > 0)
                    drawn[i] += Math.Sqrt(missing) * random.Normal(ref counter);
            }

            return drawn;
        }

        private static int Choose(double[] shares, double drawn)
        {
            var (choice, sum) = (0, 0.0);
            for (; choice < shares.Length - 1; choice++)
            {
                sum += (1 - EvenShare) * shares[choice] + EvenShare / shares.Length;
                if (drawn < sum)
                    break;
            }

            return choice;
        }

        private static double[] Even(int count)
        {
            var shares = new double[count];
            Array.Fill(shares, 1.0 / count);
            return shares;
        }
    }
}
