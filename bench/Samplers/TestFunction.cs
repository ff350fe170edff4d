using Experiments.Samplers;
using Experiments.Sweeps;

namespace Bench.Samplers;

/// <summary>A function to be minimised over a search space, with its known minimum.</summary>
/// <param name="Name">The name in tables.</param>
/// <param name="Space">The space.</param>
/// <param name="Minimum">The least value; what is reported is the distance to it.</param>
/// <param name="Value">The function.</param>
/// <param name="Noise">Deviation of the normal noise that a sampler sees on top.</param>
internal sealed record TestFunction(string Name, SearchSpace Space, double Minimum, Func<Point, double> Value, double Noise = 0)
{
    /// <summary>A space of <paramref name="count"/> reals x1, x2, … with the same bounds.</summary>
    public static SearchSpace Cube(int count, double low, double high) =>
        new([.. Enumerable.Range(1, count).Select(number => new Parameter($"x{number}", new Domain.Float(low, high)))]);

    /// <summary>The regret of a sampler after each of so many trials, one after the other.</summary>
    /// <param name="sampler">The sampler.</param>
    /// <param name="seed">Its seed.</param>
    /// <param name="trials">How many trials.</param>
    /// <param name="earlier">What it knows from the start.</param>
    public double[] Regrets(ISampler sampler, ulong seed, int trials, IReadOnlyList<Observation>? earlier = null)
    {
        List<Observation> history = [.. earlier ?? []];
        var (best, regrets) = (double.PositiveInfinity, new double[trials]);
        for (var trial = 0; trial < trials; trial++)
        {
            var configuration = sampler.Suggest(Space, history, trial, seed)
                ?? throw new InvalidOperationException($"'{Name}' has no more configurations.");
            var value = Value(new Point(configuration));
            best = Math.Min(best, value);
            history.Add(new Observation(trial, configuration, value + (Noise * Samplers.Noise.Normal(seed, (ulong)trial)), Failed: false));
            regrets[trial] = best - Minimum;
        }

        return regrets;
    }
}

/// <summary>A configuration as a function reads it.</summary>
internal readonly struct Point(Configuration configuration)
{
    /// <summary>The number of that name.</summary>
    public double this[string name] => configuration.Values[name] switch
    {
        ParameterValue.Integer whole => whole.Value,
        ParameterValue.Real real => real.Value,
        var other => throw new ArgumentException($"{name} is {other}, not a number.", nameof(name)),
    };

    /// <summary>The numbers x1, x2, … in order.</summary>
    public double[] X
    {
        get
        {
            var numbers = new double[configuration.Values.Count];
            for (var i = 0; i < numbers.Length; i++)
                numbers[i] = this[$"x{i + 1}"];
            return numbers;
        }
    }

    /// <summary>Whether the parameter of that name has this value, written as in a sweep file.</summary>
    public bool Is(string name, string value) => configuration.Values[name].ToString() == value;
}
