using Experiments.Samplers;
using Experiments.Sweeps;

namespace Experiments.Tests.Samplers;

/// <summary>A search with a known function in place of trainings, one trial after the other.</summary>
internal static class SamplerStudy
{
    /// <summary>[0, 1] in each of some dimensions.</summary>
    public static SearchSpace Unit(int dimensions) =>
        new([.. Enumerable.Range(0, dimensions).Select(number => new Parameter($"x{number}", new Domain.Float(0, 1)))]);

    public static List<Observation> Run(ISampler sampler, SearchSpace space, int trials, ulong seed, Func<Configuration, double[]> function)
    {
        var history = new List<Observation>();
        while (history.Count < trials && sampler.Suggest(space, history, history.Count, seed) is { } drawn)
        {
            var values = function(drawn);
            history.Add(new Observation(history.Count, drawn, values[0], Failed: false) { Objectives = [.. values] });
        }

        return history;
    }

    public static double Best(ISampler sampler, SearchSpace space, int trials, ulong seed, Func<Configuration, double> function) =>
        Run(sampler, space, trials, seed, configuration => [function(configuration)]).Min(each => each.Value!.Value);

    public static double Median(Func<ulong, double> study, int seeds) =>
        Enumerable.Range(1, seeds).Select(seed => study((ulong)seed)).Order().ElementAt(seeds / 2);

    public static double Number(this Configuration configuration, string name) => configuration.Values[name] switch
    {
        ParameterValue.Integer whole => whole.Value,
        ParameterValue.Real real => real.Value,
        var other => throw new NotSupportedException($"{name} is {other}, not a number."),
    };

    /// <summary>A valley that lies across the axes: 0 at 0.7 in every dimension.</summary>
    public static double Valley(Configuration configuration)
    {
        double[] off = [.. configuration.Values.Keys.Select(name => configuration.Number(name) - 0.7)];
        return off.Sum(each => each * each) + 20 * off.Zip(off.Skip(1), (one, next) => (one - next) * (one - next)).Sum();
    }
}
