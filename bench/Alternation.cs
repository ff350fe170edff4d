using System.Diagnostics;

namespace Bench;

/// <summary>
/// Times variants of a thing against each other on a machine that others use too: in each round every variant runs once,
/// in turn, and what counts is the ratio within the round. A machine that is slow for a while slows both of its terms.
/// </summary>
internal static class Alternation
{
    /// <summary>Seconds of each variant in each round, <c>[variant][round]</c>, after one round that does not count.</summary>
    public static double[][] Time(int rounds, IReadOnlyList<Func<TimeSpan>> variants)
    {
        var times = variants.Select(_ => new double[rounds]).ToArray();
        for (var round = -1; round < rounds; round++)
            for (var i = 0; i < variants.Count; i++)
            {
                // Every other round backwards, so that none is always behind the same neighbour.
                var variant = round % 2 == 0 ? i : variants.Count - 1 - i;
                var time = variants[variant]();
                if (round >= 0)
                    times[variant][round] = time.TotalSeconds;
            }
        return times;
    }

    /// <summary>The time of an action.</summary>
    public static TimeSpan Of(Action action)
    {
        var begin = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(begin);
    }
}

/// <summary>The middle of some figures, and the quarter below and above it.</summary>
internal sealed record Spread(double Median, double Lower, double Upper)
{
    /// <summary>Of figures in any order.</summary>
    public static Spread Of(IEnumerable<double> figures)
    {
        var sorted = figures.Order().ToArray();
        return new Spread(At(0.5), At(0.25), At(0.75));

        double At(double share)
        {
            var place = share * (sorted.Length - 1);
            var (below, above) = (sorted[(int)place], sorted[(int)Math.Ceiling(place)]);
            return above == below ? below : below + ((place - (int)place) * (above - below));
        }
    }

    /// <summary>Of one variant's times in those of another, round by round.</summary>
    public static Spread OfRatio(double[] numerator, double[] denominator) =>
        Of(numerator.Zip(denominator, (above, below) => above / below));

    /// <inheritdoc/>
    public override string ToString() => $"{Median:0.00} ({Lower:0.00}–{Upper:0.00})";
}
