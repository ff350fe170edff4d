using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Experiments.Samplers.GaussianProcesses;
using Experiments.Sweeps;

namespace Experiments.Samplers;

/// <summary>
/// Bayesian optimisation: a Gaussian process is fitted to what earlier configurations came to, and the next one is where it
/// expects to improve most on the best. Good where a trial is dear and there are at most some hundreds; later observations
/// than <see cref="Kept"/> crowd out the older ones that are not among the best.
/// </summary>
/// <remarks>Jones, Schonlau, Welch 1998, Efficient global optimization of expensive black-box functions. A configuration that
/// failed counts as bad as the worst one. A finite space gives no configuration twice, and null when it has no more.</remarks>
[Sampler("gp")]
[Description("Bayesian optimisation: a Gaussian process and expected improvement; for dear trials, up to some hundreds.")]
public sealed class GpSampler(GpSampler.Options options) : ISampler
{
    /// <summary>How many observations a process is made of: its cost grows with the square, to a fraction of a second.</summary>
    private const int Kept = 600;

    /// <summary>Up to how many configurations of a space each one is scored.</summary>
    private const int Listed = 1000;

    private const int Incumbents = 5;
    private const ulong Redraws = 100;

    private readonly RandomSampler _random = new();

    /// <summary>What a sweep file can set.</summary>
    public sealed record Options
    {
        /// <summary>How many configurations have to have a value before a process is fitted. Those before are drawn as a
        /// Latin hypercube.</summary>
        [Description("How many configurations are drawn at random, evenly, before the first that is sought.")]
        [Range(1, 1000)]
        public int StartupTrials { get; init; } = 8;
    }

    /// <inheritdoc/>
    public bool UsesHistory => true;

    /// <inheritdoc/>
    public bool IsSlow => true;

    /// <inheritdoc/>
    public Configuration? Suggest(SearchSpace space, IReadOnlyList<Observation> history, int index, ulong seed)
    {
        var given = history.Where(observation => !observation.IsTakenOver).Select(observation => observation.Configuration).ToHashSet();
        var all = GridSpace.OfDraws(space) is { IsFiltered: true } finite ? finite : null;
        if (given.Count >= all?.Count)
            return null;

        var mixed = new MixedSpace(space);
        history = CurveExtrapolation.Of(history, index, space.Parameters.Count);
        var suggested = history.Count(HasValue) < options.StartupTrials
            ? Drawn(mixed, index, seed).FirstOrDefault(Admits)
            : Sought(mixed, all, history, new KeyedStream(seed, (ulong)index, "acquisition"), Admits);
        return suggested ?? _random.Suggest(space, history, index, seed);

        // The one place that decides whether a configuration may be suggested.
        bool Admits(Configuration configuration) => !given.Contains(configuration) && space.Admits(configuration);
    }

    /// <inheritdoc/>
    public long? Count(SearchSpace space) => _random.Count(space);

    /// <summary>The point of a Latin hypercube that belongs to an index, then random ones.</summary>
    /// <remarks>McKay, Beckman, Conover 1979: each parameter's range is cut into as many parts as there are points, and each
    /// part holds one.</remarks>
    private IEnumerable<Configuration> Drawn(MixedSpace space, int index, ulong seed)
    {
        for (var redraw = 0UL; redraw <= Redraws; redraw++)
        {
            var places = new double[space.Dimension];
            for (var i = 0; i < places.Length; i++)
            {
                var share = new KeyedStream(seed, (ulong)index, space.NameOf(i)).Real(redraw);
                if (redraw == 0 && index < options.StartupTrials)
                {
                    var parts = new KeyedPermutation(options.StartupTrials, new KeyedStream(seed, 0, space.NameOf(i))[0]);
                    share = (parts[index] + share) / options.StartupTrials;
                }

                places[i] = space[i].Quantile(share);
            }

            yield return space.At(places);
        }
    }

    private static Configuration? Sought(
        MixedSpace space, GridSpace? all, IReadOnlyList<Observation> history, KeyedStream stream, Func<Configuration, bool> admits)
    {
        var ended = history.Where(observation => observation.Value is not null || observation.Failed).ToList();
        var worst = ended.Where(HasValue).Max(observation => observation.Value!.Value);
        double[] values = [.. ended.Select(observation => HasValue(observation) ? observation.Value!.Value : worst)];
        var kept = Surrogate.BestAndNewest(values, Kept);
        double[][] places = [.. kept.Select(i => space.PlacesOf(ended[i].Configuration))];
        double[] keptValues = [.. kept.Select(i => values[i])];
        var pending = history.Where(observation => observation is { Value: null, Failed: false });

        var process = Surrogate.Of(
            space, [.. places.Select(Seen)], keptValues, [.. pending.Select(each => Seen(space.PlacesOf(each.Configuration)))]);
        var search = new AcquisitionSearch(space, process, stream);
        if (all?.Count <= Listed)
            return search.Best([.. Enumerable.Range(0, (int)all.Count).Select(number => all[number]).Where(admits)]);

        var incumbents = Enumerable.Range(0, places.Length).OrderBy(i => keptValues[i]).Take(Incumbents);
        return search.Best([.. incumbents.Select(i => places[i])], admits);

        double[] Seen(double[] at)
        {
            var point = new double[space.Reals + space.Codes];
            space.See(at, point);
            return point;
        }
    }

    /// <summary>A loss that overflowed or is not a number is no value.</summary>
    private static bool HasValue(Observation observation) => observation.Value is { } value && double.IsFinite(value);
}
