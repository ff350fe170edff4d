using System.Diagnostics;
using Experiments.Samplers;

namespace Bench;

/// <summary>How near the sampler <c>gp</c> comes to the floor of known functions, against chance, and what a suggestion costs.</summary>
internal static class GpBench
{
    private const int Seeds = 20, Half = 50, Trials = 100, Many = 500, Repeats = 5;

    public static Report Run() => new(
        "gp",
        $"regret of the sampler gp after {Half} and {Trials} trials, one at a time, over seeds 0-{Seeds - 1}, and of random draws; "
            + $"median (quartiles); milliseconds of a suggestion after {Trials} and {Many} trials",
        ["function", $"after {Half}", $"after {Trials}", "random", "seeds better", $"ms at {Trials}", $"ms at {Many}"],
        [.. GpFunctions.All.Select(Row)]);

    private static IReadOnlyList<object> Row(SearchFunction function)
    {
        var searched = Regrets(function, new GpSampler(new()));
        var drawn = Regrets(function, new RandomSampler());
        var better = searched.Zip(drawn).Count(pair => pair.First[Trials - 1] < pair.Second[Trials - 1]);
        return
        [
            function.Name, Quartiles(searched, Half), Quartiles(searched, Trials), Quartiles(drawn, Trials), $"{better}/{Seeds}",
            Milliseconds(function, Trials), Milliseconds(function, Many),
        ];
    }

    /// <summary>By seed, the regret after each trial.</summary>
    private static double[][] Regrets(SearchFunction function, ISampler sampler) => [.. Enumerable.Range(0, Seeds).Select(seed =>
    {
        var best = double.PositiveInfinity;
        var study = Study(function, sampler, Trials, (ulong)seed);
        return study.Select(observation => (best = Math.Min(best, observation.Value!.Value)) - function.Optimum).ToArray();
    })];

    private static List<Observation> Study(SearchFunction function, ISampler sampler, int trials, ulong seed)
    {
        var history = new List<Observation>();
        while (history.Count < trials && sampler.Suggest(function.Space, history, history.Count, seed) is { } configuration)
            history.Add(new Observation(history.Count, configuration, function.Value(configuration), Failed: false));
        return history;
    }

    private static double Milliseconds(SearchFunction function, int trials)
    {
        var (sampler, history) = (new GpSampler(new()), Study(function, new RandomSampler(), trials, seed: 0));
        return Enumerable.Range(0, Repeats).Select(seed =>
        {
            var start = Stopwatch.GetTimestamp();
            sampler.Suggest(function.Space, history, trials, (ulong)seed);
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }).Order().ElementAt(Repeats / 2);
    }

    private static string Quartiles(double[][] regrets, int trials)
    {
        var sorted = regrets.Select(regret => regret[trials - 1]).Order().ToArray();
        return $"{sorted[Seeds / 2]:0.##E+0} ({sorted[Seeds / 4]:0.##E+0}–{sorted[3 * Seeds / 4]:0.##E+0})";
    }
}
