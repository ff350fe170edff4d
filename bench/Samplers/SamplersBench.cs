using Experiments.Samplers;

namespace Bench.Samplers;

/// <summary>
/// How near each sampler comes to the minimum of each test function: one trial after the other, seeds 0 … 19, default
/// options. The regret is the distance of the best true value so far to the minimum; samplers see noise where there is some.
/// </summary>
internal static class SamplersBench
{
    private const int Seeds = 20;

    private static readonly int[] _after = [50, 100, 200];

    /// <summary>Each with as many trials as its cost allows.</summary>
    private static readonly (string Id, int Trials)[] _samplers =
        [("random", 200), ("sobol", 200), ("cma-es", 200), ("evolution", 200), ("tpe", 200), ("gp", 100)];

    public static Report Run() => new(
        "samplers",
        $"median (quartiles) of the regret after {string.Join(", ", _after)} trials, {Seeds} seeds; seeds where it is nearer than random "
            + "after 100, and the two-sided p of a sign test",
        ["function", "sampler", .. _after.Select(trials => $"{trials}"), "nearer", "p"],
        [.. TestFunctions.All.SelectMany(Rows)],
        UsesTorch: false);

    private static IEnumerable<IReadOnlyList<object>> Rows(TestFunction function)
    {
        var random = Regrets(function, "random", 200);
        foreach (var (id, trials) in _samplers)
        {
            var regrets = id == "random" ? random : Regrets(function, id, trials);
            var (wins, losses) = (Count((a, b) => a < b), Count((a, b) => a > b));
            yield return
            [
                function.Name, id, .. _after.Select(after => after <= trials ? Quartiles(regrets, after) : "–"),
                id == "random" ? "" : $"{wins} of {Seeds}", id == "random" ? "" : $"{SignTest(wins, losses):G2}",
            ];

            int Count(Func<double, double, bool> is_) =>
                Enumerable.Range(0, Seeds).Count(seed => is_(regrets[seed][_after[1] - 1], random[seed][_after[1] - 1]));
        }
    }

    private static double[][] Regrets(TestFunction function, string sampler, int trials) =>
    [
        .. Enumerable.Range(0, Seeds).AsParallel().AsOrdered().Select(seed =>
            function.Regrets(SamplerCatalogue.Create(new() { Type = sampler }), (ulong)seed, trials)),
    ];

    private static string Quartiles(double[][] regrets, int after)
    {
        var spread = Spread.Of(regrets.Select(regret => regret[after - 1]));
        return $"{spread.Median:G3} ({spread.Lower:G2}–{spread.Upper:G2})";
    }

    /// <summary>How likely a fair coin is to fall as unevenly as that, or more.</summary>
    private static double SignTest(int wins, int losses)
    {
        var (flips, fewer) = (wins + losses, Math.Min(wins, losses));
        var (chance, sum) = (Math.Pow(0.5, flips), 0.0);
        for (var heads = 0; heads <= fewer; heads++)
        {
            sum += chance;
            chance *= (flips - heads) / (heads + 1.0);
        }

        return Math.Min(1, 2 * sum);
    }
}
