using Experiments.Samplers;
using Experiments.Sweeps;

namespace Bench.Samplers;

/// <summary>
/// What it is worth to know an earlier sweep: the regret after so many trials of its own, by a sampler that knows 30 random
/// trials of the same function, of one that is shifted (each parameter by a share of its range), or none.
/// </summary>
internal static class WarmStartBench
{
    private const int Seeds = 20, Earlier = 30;

    private static readonly int[] _after = [5, 10, 20, 40];
    private static readonly string[] _functions = ["branin", "hartmann6"];
    private static readonly string[] _samplers = ["tpe", "gp"];
    private static readonly (string Name, double? Shift)[] _knowledge =
        [("nothing", null), ("the same", 0), ("shifted by a tenth", 0.1), ("shifted by a third", 1 / 3.0)];

    public static Report Run() => new(
        "warm-start",
        $"median (quartiles) of the regret after {string.Join(", ", _after)} trials, {Seeds} seeds, knowing {Earlier} random trials before",
        ["function", "sampler", "knows", .. _after.Select(trials => $"{trials}")],
        [
            .. from name in _functions
               from sampler in _samplers
               from knowledge in _knowledge
               select Row(TestFunctions.All.First(function => function.Name == name), sampler, knowledge.Name, knowledge.Shift),
        ],
        UsesTorch: false);

    private static IReadOnlyList<object> Row(TestFunction function, string sampler, string name, double? shift)
    {
        double[][] regrets =
        [
            .. Enumerable.Range(0, Seeds).AsParallel().AsOrdered().Select(seed => function.Regrets(
                SamplerCatalogue.Create(new() { Type = sampler }),
                (ulong)seed,
                _after[^1],
                shift is { } share ? Known(function, share, (ulong)(seed + 1000)) : [])),
        ];
        return [function.Name, sampler, name, .. _after.Select(after => Quartiles(regrets.Select(regret => regret[after - 1])))];
    }

    /// <summary>What an earlier sweep by chance came to.</summary>
    private static List<Observation> Known(TestFunction function, double share, ulong seed)
    {
        var random = SamplerCatalogue.Create(new() { Type = "random" });
        var known = new List<Observation>();
        for (var trial = 0; trial < Earlier; trial++)
        {
            var drawn = random.Suggest(function.Space, [], trial, seed)!;
            var value = function.Value(new Point(Shifted(function.Space, drawn, share)));
            known.Add(new Observation(trial - Earlier, drawn, value, Failed: false));
        }

        return known;
    }

    private static Configuration Shifted(SearchSpace space, Configuration drawn, double share) => new(space.Parameters.Select(parameter =>
    {
        var (range, real) = ((Domain.Float)parameter.Domain, (ParameterValue.Real)drawn.Values[parameter.Name]);
        var shifted = real.Value + (share * (range.High - range.Low));
        return KeyValuePair.Create<string, ParameterValue>(parameter.Name, new ParameterValue.Real(shifted));
    }));

    private static string Quartiles(IEnumerable<double> regrets)
    {
        var spread = Spread.Of(regrets);
        return $"{spread.Median:G3} ({spread.Lower:G2}–{spread.Upper:G2})";
    }
}
