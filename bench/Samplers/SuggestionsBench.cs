using Experiments.Samplers;
using Experiments.Sweeps;

namespace Bench.Samplers;

/// <summary>Time of one suggestion by the number of finished trials, on one core and warmed up.</summary>
internal static class SuggestionsBench
{
    private const int WarmUps = 100, Suggestions = 300;

    private static readonly int[] _finished = [100, 1_000, 10_000];
    private static readonly string[] _samplers = ["random", "tpe"];
    private static readonly string[] _functions = ["rosenbrock4", "curve", "tree"];

    public static Report Run() => new(
        "suggestions",
        $"ms of one suggestion after so many finished trials, median (quartiles) of {Suggestions}",
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
        for (var i = 0; i < WarmUps; i++)
            sampler.Suggest(function.Space, history, index++, 1);
        return Spread.Of(Enumerable.Range(0, Suggestions).Select(_ =>
            Alternation.Of(() => sampler.Suggest(function.Space, history, index++, 1)).TotalMilliseconds).ToList());
    }
}
