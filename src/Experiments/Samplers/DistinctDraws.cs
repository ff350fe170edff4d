using System.Numerics;
using Experiments.Sweeps;

namespace Experiments.Samplers;

/// <summary>
/// What a sampler gives when its draws are held against what was given before and against the constraints. A finite space is
/// given out to its last configuration, each once, and then no more; whatever a sampler draws from is its own business.
/// </summary>
internal static class DistinctDraws
{
    /// <summary>Draws of the sampler that may be refused, before uniform ones follow.</summary>
    public const int MostRefused = 1_000;

    /// <summary>Draws that may be refused before a space counts as empty: what admits one in a thousand is never taken for
    /// that, and half a second is not too long for the last configuration of a sweep.</summary>
    private const int MostDraws = 100_000;

    /// <summary>Draws that may have been given before, before the rest of a finite space is gone through.</summary>
    private const int MostGiven = 10;

    /// <summary>The next configuration, or null where the space has no more: a finite one has given all, or none of a hundred
    /// thousand draws was new and admitted.</summary>
    /// <param name="space">The space.</param>
    /// <param name="history">What was given before; later indices are passed over.</param>
    /// <param name="index">Index of the configuration.</param>
    /// <param name="seed">Seed of the entry.</param>
    /// <param name="draw">The n-th draw for that index, from 0; the first one that is new and admitted is given.</param>
    public static Configuration? Next(
        SearchSpace space, IReadOnlyList<Observation> history, int index, ulong seed, Func<int, Configuration> draw)
    {
        var finite = GridSpace.OfDraws(space);
        var given = finite is null ? [] : Given(history, index);
        if (finite is { IsFiltered: true } && given.Count >= finite.Count)
            return null;

        for (var (number, repeated) = (0, 0); number < MostDraws; number++)
        {
            var drawn = number < MostRefused ? draw(number) : UnitCube.Of(space).At(RandomSampler.Point(space, index, seed, number));
            if (!space.Admits(drawn))
                continue;
            if (!given.Contains(drawn))
                return drawn;
            if (++repeated > MostGiven && finite is { IsFiltered: true })
                break;
        }

        return finite is { IsFiltered: true } ? Left(finite, given, new KeyedStream(seed, (ulong)index, "")) : null;
    }

    /// <summary>How many configurations there are; null where they never end, or are past counting.</summary>
    public static long? Count(SearchSpace space) =>
        GridSpace.OfDraws(space) is { IsFiltered: true } finite && finite.Count <= long.MaxValue ? (long)finite.Count : null;

    private static HashSet<Configuration> Given(IReadOnlyList<Observation> history, int index) =>
        history is ObservationHistory known ? known.GivenBefore(index)
        : [.. history.Where(each => !each.IsTakenOver && each.Index < index).Select(each => each.Configuration)];

    /// <summary>Few are left: the first free one after a drawn place.</summary>
    private static Configuration Left(GridSpace finite, HashSet<Configuration> given, KeyedStream place)
    {
        var number = (BigInteger)place.Below((long)BigInteger.Min(finite.Count, long.MaxValue), 0);
        while (given.Contains(finite[number]))
            number = (number + 1) % finite.Count;
        return finite[number];
    }
}
