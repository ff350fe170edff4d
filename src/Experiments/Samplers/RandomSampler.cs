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
    private const ulong Redraws = 10;

    /// <inheritdoc/>
    public Configuration? Suggest(SearchSpace space, IReadOnlyList<Observation> history, int index, ulong seed)
    {
        var drawn = Draw(space, index, seed, redraw: 0);
        if (GridSpace.Of(space, Axis.OfDraws) is not { } all)
            return drawn;

        var given = history.Where(observation => observation.Index < index).Select(observation => observation.Configuration).ToHashSet();
        if (given.Count >= all.Count)
            return null;
        for (var redraw = 1UL; given.Contains(drawn) && redraw <= Redraws; redraw++)
            drawn = Draw(space, index, seed, redraw);

        // Few are left: the first free one after a drawn place, so that the space is given out to its last configuration.
        var place = new KeyedStream(seed, (ulong)index, "").Below((long)System.Numerics.BigInteger.Min(all.Count, long.MaxValue), 0);
        for (var number = (System.Numerics.BigInteger)place; given.Contains(drawn); number = (number + 1) % all.Count)
            drawn = all[number];
        return drawn;
    }

    /// <inheritdoc/>
    public long? Count(SearchSpace space) =>
        GridSpace.Of(space, Axis.OfDraws) is { } all && all.Count <= long.MaxValue ? (long)all.Count : null;

    private static Configuration Draw(SearchSpace space, int index, ulong seed, ulong redraw)
    {
        var values = new Dictionary<string, ParameterValue>(StringComparer.Ordinal);
        foreach (var parameter in space.Parameters)
        {
            if (parameter.When.All(condition => condition.HoldsIn(values)))
                values.Add(parameter.Name, Draw(parameter.Domain, new KeyedStream(seed, (ulong)index, parameter.Name), redraw));
        }

        return new Configuration(values);
    }

    private static ParameterValue Draw(Domain domain, KeyedStream stream, ulong redraw)
    {
        switch (domain)
        {
            case Domain.Int { Log: true } range:
                // Half a step beyond both ends, so that they have the mass that rounding gives their neighbours.
                var rounded = Math.Round(LogUniform(range.Low - 0.5, range.High + 0.5, stream.Real(redraw)));
                return new ParameterValue.Integer(Math.Clamp((long)rounded, range.Low, range.High));
            case Domain.Float { Step: null, Log: var log } range when range.Low < range.High:
                var share = stream.Real(redraw);
                var real = log ? LogUniform(range.Low, range.High, share) : range.Low * (1 - share) + range.High * share;
                return new ParameterValue.Real(Math.Clamp(real, range.Low, range.High));
            default:
                var axis = Axis.OfDraws(domain)!;
                return axis[stream.Below(axis.Count, redraw)];
        }
    }

    private static double LogUniform(double low, double high, double share) =>
        Math.Exp(Math.Log(low) * (1 - share) + Math.Log(high) * share);
}
