using Experiments.Samplers;

namespace Bench.Samplers;

/// <summary>Draws how the regret of each sampler falls with the trials, as pictures for the documentation.</summary>
internal static class SearchCurves
{
    private const int Seeds = 20, Trials = 100;

    private static readonly string[] _functions = ["branin", "rosenbrock4", "branches"];
    private static readonly string[] _samplers = ["random", "sobol", "evolution", "cma-es", "tpe", "gp"];

    public static Report Run(string folder)
    {
        Directory.CreateDirectory(folder);
        var rows = new List<IReadOnlyList<object>>();
        foreach (var name in _functions)
        {
            var function = TestFunctions.All.First(function => function.Name == name);
            var curves = _samplers.Select(id => (Name: id, Values: Medians(function, id))).ToList();
            File.WriteAllText(
                Path.Combine(folder, $"search-{name}.svg"),
                LineChart.Draw($"{name}: median regret of {Seeds} seeds, by number of trials", curves));
            foreach (var (sampler, values) in curves)
                rows.Add([name, sampler, $"{values[49]:G3}", $"{values[^1]:G3}"]);
        }

        return new Report("search", $"median regret after 50 and {Trials} trials, {Seeds} seeds; pictures beside this file",
            ["function", "sampler", "50", $"{Trials}"], rows, UsesTorch: false);
    }

    private static double[] Medians(TestFunction function, string id)
    {
        var regrets = Enumerable.Range(0, Seeds).AsParallel().AsOrdered()
            .Select(seed => function.Regrets(SamplerCatalogue.Create(new() { Type = id }), (ulong)seed, Trials)).ToArray();
        return [.. Enumerable.Range(0, Trials).Select(at => Spread.Of(regrets.Select(regret => regret[at])).Median)];
    }
}
