using Experiments.Samplers;
using Experiments.Sweeps;

namespace Bench.Samplers;

/// <summary>
/// How near each sampler comes to the minimum of each test function: one trial after the other, seeds 0 … 19, default
/// options. The regret is the distance of the best true value so far to the minimum; samplers see noise where there is some.
/// </summary>
internal static class SamplersBench
{
    private const int Seeds = 20;

    private static readonly int[] _after = [50, 100, 200];

    public static Report Run()
    {
        var rows = new List<IReadOnlyList<object>>();
        foreach (var function in TestFunctions.All)
        {
            var random = Regrets(function, "random");
            var tpe = Regrets(function, "tpe");
            var wins = Enumerable.Range(0, Seeds).Count(seed => tpe[seed][1] < random[seed][1]);
            rows.Add([function.Name, .. Medians(random), .. Medians(tpe), $"{wins} of {Seeds}"]);
        }

        return new Report(
            "samplers",
            $"median regret after {string.Join(", ", _after)} trials, {Seeds} seeds; wins: seeds where tpe is nearer after 100",
            ["function", .. _after.Select(trials => $"random {trials}"), .. _after.Select(trials => $"tpe {trials}"), "tpe wins"],
            rows,
            UsesTorch: false);
    }

    /// <summary>Regrets by seed and number of trials.</summary>
    private static double[][] Regrets(TestFunction function, string sampler) =>
        [.. Enumerable.Range(0, Seeds).Select(seed => Regrets(function, sampler, (ulong)seed))];

    private static double[] Regrets(TestFunction function, string id, ulong seed)
    {
        var sampler = SamplerCatalogue.Create(new SamplerSpec { Type = id });
        var history = new List<Observation>();
        var (best, regrets) = (double.PositiveInfinity, new List<double>());
        while (history.Count < _after[^1])
        {
            var configuration = sampler.Suggest(function.Space, history, history.Count, seed)
                ?? throw new InvalidOperationException($"'{function.Name}' has no more configurations.");
            var value = function.Value(new Point(configuration));
            best = Math.Min(best, value);
            var observed = value + (function.Noise * Noise.Normal(seed, (ulong)history.Count));
            history.Add(new Observation(history.Count, configuration, observed, Failed: false));
            if (_after.Contains(history.Count))
                regrets.Add(best - function.Minimum);
        }

        return [.. regrets];
    }

    private static IEnumerable<object> Medians(double[][] regrets) =>
        Enumerable.Range(0, _after.Length).Select(at => (object)$"{Spread.Of(regrets.Select(seed => seed[at])).Median:G3}");
}
