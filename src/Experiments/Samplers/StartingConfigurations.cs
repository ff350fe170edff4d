using Experiments.Sweeps;

namespace Experiments.Samplers;

/// <summary>
/// The configurations that an entry starts with, whatever the sampler, and those that follow. What one leaves open is drawn at
/// random, as <see cref="RandomSampler"/> would; of a grid they take their own places, so that each of its configurations
/// still comes once.
/// </summary>
internal static class StartingConfigurations
{
    /// <summary>The configuration of that index, or null where there is no more.</summary>
    /// <param name="sampler">Draws those that follow.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="history">What every earlier configuration came to, in order of index.</param>
    /// <param name="index">Index of the configuration.</param>
    /// <param name="seed">Seed of the entry.</param>
    public static Configuration? Suggest(
        ISampler sampler, MethodEntry entry, IReadOnlyList<Observation> history, int index, ulong seed)
    {
        var count = entry.StartWith.Count;
        if (count == 0)
            return sampler.Suggest(entry.Space, history, index, seed);

        var first = history.TakeWhile(each => each.Index < Math.Min(index, count)).Where(each => !each.IsTakenOver)
            .Select(each => each.Configuration).ToList();
        if (index < count && Complete(sampler, entry.Space, entry.StartWith[index], first, index, seed) is { } completed)
            return completed;
        if (!sampler.GoesThroughGrid)
            return sampler.Suggest(entry.Space, history, index, seed);

        var places = Enumerable.Range(0, count).Select(Place).OfType<Configuration>().ToList();
        return index < count ? places.Except(first).FirstOrDefault() : Following(Place(index), first, places);

        Configuration? Place(int place) => sampler.Suggest(entry.Space, history, place, seed);
    }

    /// <summary>The configuration with its open values drawn; null where none that the constraints admit is new.</summary>
    public static Configuration? Complete(
        ISampler? sampler, SearchSpace space, Configuration given, IReadOnlyCollection<Configuration> before, int index, ulong seed)
    {
        var cube = UnitCube.Of(sampler?.GoesThroughGrid == true ? OfGrid(space) : space);
        for (var redraw = 0; redraw < DistinctDraws.MostRefused; redraw++)
        {
            var completed = cube.At(RandomSampler.Point(space, index, seed, redraw), given.Values);
            if (space.Admits(completed) && !before.Contains(completed))
                return completed;
        }

        return null;
    }

    /// <summary>What a grid has in a later place; where that came first, one of those whose places were taken by what came first.</summary>
    /// <param name="own">What the grid has there.</param>
    /// <param name="first">What the entry started with.</param>
    /// <param name="places">What the grid has in the places that these took.</param>
    private static Configuration? Following(Configuration? own, List<Configuration> first, List<Configuration> places) =>
        own is not null && first.Except(places).ToList().IndexOf(own) is >= 0 and var number
            ? places.Except(first).ElementAt(number)
            : own;

    /// <summary>The space with the values that a grid goes through where a draw could fall between.</summary>
    private static SearchSpace OfGrid(SearchSpace space) => space with
    {
        Parameters = [.. space.Parameters.Select(parameter => parameter.Domain is Domain.Int { Points: { } } or Domain.Float { Points: { } }
            ? parameter with { Domain = new Domain.Ordinal([.. Axis.Of(parameter.Domain)!.All()]) }
            : parameter)],
    };
}
