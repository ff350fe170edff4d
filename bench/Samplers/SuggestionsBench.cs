using Experiments.Samplers;
using Experiments.Sweeps;

namespace Bench.Samplers;

/// <summary>Time of one suggestion by the number of finished trials, on one core and warmed up.</summary>
internal static class SuggestionsBench
{
    private static readonly int[] _finished = [100, 500, 1_000, 10_000];
    private static readonly string[] _samplers = ["random", "sobol", "cma-es", "evolution", "tpe", "gp"];
    private static readonly string[] _functions = ["rosenbrock4", "curve", "tree"];

    public static Report Run() => new(
        "suggestions",
        $"ms of one suggestion after so many finished trials, median (quartiles)",
        ["sampler", "function", .. _finished.Select(finished => $"{finished:#,0}")],
        [.. from id in _samplers from name in _functions select Row(id, name)],
        UsesTorch: false);

    private static IReadOnlyList<object> Row(string id, string name)
    {
        var function = TestFunctions.All.First(function => function.Name == name);
        return [id, name, .. _finished.Select(finished => $"{Times(id, function, finished)}")];
    }

    private static Spread Times(string id, TestFunction function, int finished)
    {
        var random = SamplerCatalogue.Create(new SamplerSpec { Type = "random" });
        var history = new List<Observation>();
        while (history.Count < finished)
        {
            var drawn = random.Suggest(function.Space, [], history.Count, 1)!;
            history.Add(new Observation(history.Count, drawn, function.Value(new Point(drawn)), Failed: false));
        }

        var sampler = SamplerCatalogue.Create(new SamplerSpec { Type = id });
        var index = finished;
        var (warmUps, suggestions) = id == "gp" ? (3, 10) : (30, 100); // a few are enough of what takes long
        for (var i = 0; i < warmUps; i++)
            sampler.Suggest(function.Space, history, index++, 1);
        return Spread.Of(Enumerable.Range(0, suggestions).Select(_ =>
            Alternation.Of(() => sampler.Suggest(function.Space, history, index++, 1)).TotalMilliseconds).ToList());
    }
}
