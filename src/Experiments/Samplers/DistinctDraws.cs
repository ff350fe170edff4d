using System.Numerics;
using Experiments.Sweeps;

namespace Experiments.Samplers;

/// <summary>
/// What a sampler gives when its draws are held against what was given before and against the constraints. A finite space is
/// given out to its last configuration, each once, and then no more; whatever a sampler draws from is its own business.
/// </summary>
internal static class DistinctDraws
{
    /// <summary>Draws that the constraints may refuse before a space counts as empty.</summary>
    public const int MostRefused = 1_000;

    /// <summary>Draws that may have been given before, before the rest of a finite space is gone through.</summary>
    private const int MostGiven = 10;

    /// <summary>The next configuration, or null where the space has no more.</summary>
    /// <param name="space">The space.</param>
    /// <param name="history">What was given before; later indices are passed over.</param>
    /// <param name="index">Index of the configuration.</param>
    /// <param name="seed">Seed of the entry.</param>
    /// <param name="draw">The n-th draw for that index, from 0; the first one that is new and admitted is given.</param>
    /// <exception cref="SpecException">When constraints admit none of the first <see cref="MostRefused"/> draws.</exception>
    public static Configuration? Next(
        SearchSpace space, IReadOnlyList<Observation> history, int index, ulong seed, Func<int, Configuration> draw)
    {
        var finite = GridSpace.OfDraws(space);
        HashSet<Configuration> given = finite is null ? []
            : [.. history.Where(each => !each.IsTakenOver && each.Index < index).Select(each => each.Configuration)];
        if (finite is { IsFiltered: true } && given.Count >= finite.Count)
            return null;

        var refused = new Dictionary<Constraint, int>();
        for (var (number, repeated) = (0, 0); number < MostRefused; number++)
        {
            var drawn = draw(number);
            if (space.Broken(drawn.Values) is { } broken)
                refused[broken] = refused.GetValueOrDefault(broken) + 1;
            else if (!given.Contains(drawn))
                return drawn;
            else if (++repeated > MostGiven && finite is { IsFiltered: true })
                break;
        }

        if (finite is { IsFiltered: true })
            return Left(finite, given, new KeyedStream(seed, (ulong)index, ""));
        throw new SpecException(refused.Count == 0
            ? $"None of {MostRefused} draws was new."
            : $"The constraint '{refused.MaxBy(pair => pair.Value).Key}' refused {refused.Values.Max()} of {MostRefused} draws, "
                + "and none was left.");
    }

    /// <summary>How many configurations there are; null where they never end, or are past counting.</summary>
    public static long? Count(SearchSpace space) =>
        GridSpace.OfDraws(space) is { IsFiltered: true } finite && finite.Count <= long.MaxValue ? (long)finite.Count : null;

    /// <summary>Few are left: the first free one after a drawn place.</summary>
    private static Configuration Left(GridSpace finite, HashSet<Configuration> given, KeyedStream place)
    {
        var number = (BigInteger)place.Below((long)BigInteger.Min(finite.Count, long.MaxValue), 0);
        while (given.Contains(finite[number]))
            number = (number + 1) % finite.Count;
        return finite[number];
    }
}
