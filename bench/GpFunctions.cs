using Experiments.Sweeps;

namespace Bench;

/// <summary>A function to be minimised whose least value is known.</summary>
internal sealed record SearchFunction(string Name, SearchSpace Space, double Optimum, Func<Configuration, double> Value);

/// <summary>Functions that samplers are compared on: smooth ones, wrinkled ones, and spaces of several kinds of parameters.</summary>
/// <remarks>Surjanovic and Bingham, Virtual Library of Simulation Experiments, for those with a person's name.</remarks>
internal static class GpFunctions
{
    private static readonly double[] _hartmannWeights = [1, 1.2, 3, 3.2];

    private static readonly double[][] _hartmann3Scales = [[3, 10, 30], [0.1, 10, 35], [3, 10, 30], [0.1, 10, 35]];

    private static readonly double[][] _hartmann3Centres =
        [[0.3689, 0.1170, 0.2673], [0.4699, 0.4387, 0.7470], [0.1091, 0.8732, 0.5547], [0.0381, 0.5743, 0.8828]];

    private static readonly double[][] _hartmann6Scales =
        [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]];

    private static readonly double[][] _hartmann6Centres =
    [
        [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886], [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
        [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650], [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
    ];

    public static IReadOnlyList<SearchFunction> All { get; } =
    [
        new("branin", new([new("x0", new Domain.Float(-5, 10)), new("x1", new Domain.Float(0, 15))]), 0.39788735772973816, Of(Branin)),
        Box("rosenbrock4", 4, 2.048, 0, Rosenbrock),
        new("hartmann3", Unit(3), -3.862779787332660, Of(x => Hartmann(x, _hartmann3Scales, _hartmann3Centres))),
        new("hartmann6", Unit(6), -3.322368011415515, Of(x => Hartmann(x, _hartmann6Scales, _hartmann6Centres))),
        Box("ackley5", 5, 32.768, 0, Ackley),
        Box("levy4", 4, 10, 0, Levy),
        Box("styblinski-tang3", 3, 5, -117.49849711131424, x => 0.5 * x.Sum(v => v * v * v * v - 16 * v * v + 5 * v)),
        Mixed(),
        Conditional(),
    ];

    private static double Branin(double[] x)
    {
        var (b, c, t) = (5.1 / (4 * Math.PI * Math.PI), 5 / Math.PI, 1 / (8 * Math.PI));
        var valley = x[1] - b * x[0] * x[0] + c * x[0] - 6;
        return valley * valley + 10 * (1 - t) * Math.Cos(x[0]) + 10;
    }

    private static double Rosenbrock(double[] x) => Enumerable.Range(0, x.Length - 1)
        .Sum(i => 100 * Math.Pow(x[i + 1] - x[i] * x[i], 2) + Math.Pow(1 - x[i], 2));

    private static double Hartmann(double[] x, double[][] scales, double[][] centres) => -Enumerable.Range(0, 4)
        .Sum(i => _hartmannWeights[i] * Math.Exp(-x.Select((v, k) => scales[i][k] * Math.Pow(v - centres[i][k], 2)).Sum()));

    private static double Ackley(double[] x) =>
        20 + Math.E - 20 * Math.Exp(-0.2 * Math.Sqrt(x.Average(v => v * v))) - Math.Exp(x.Average(v => Math.Cos(2 * Math.PI * v)));

    private static double Levy(double[] x)
    {
        double[] w = [.. x.Select(v => 1 + (v - 1) / 4)];
        return Math.Pow(Math.Sin(Math.PI * w[0]), 2)
            + w[..^1].Sum(v => Math.Pow(v - 1, 2) * (1 + 10 * Math.Pow(Math.Sin(Math.PI * v + 1), 2)))
            + Math.Pow(w[^1] - 1, 2) * (1 + Math.Pow(Math.Sin(2 * Math.PI * w[^1]), 2));
    }

    /// <summary>Reals, whole numbers, categories and flags together, with one category's best learning rate elsewhere.</summary>
    private static SearchFunction Mixed()
    {
        string[] kinds = ["kaiming", "gaussian", "zero", "orthogonal"];
        var space = new SearchSpace(
        [
            new("init", new Domain.Choice([.. kinds.Select(kind => new ParameterValue.Text(kind))])),
            new("bias", new Domain.Choice([new ParameterValue.Flag(false), new ParameterValue.Flag(true)])),
            new("layers", new Domain.Int(1, 12)),
            new("rank", new Domain.Int(1, 256, Log: true)),
            new("lr", new Domain.Float(1e-6, 1, Log: true)),
            new("dropout", new Domain.Float(0, 0.5, Step: 0.05)),
        ]);
        return new SearchFunction("mixed", space, 0, configuration =>
        {
            var init = Array.IndexOf(kinds, configuration.Values["init"].ToString());
            var rate = Math.Log10(Number(configuration, "lr")) + 3 + 0.5 * init;
            var rank = Math.Log2(Number(configuration, "rank")) - 5;
            return 0.3 * init + (configuration.Values["bias"] is ParameterValue.Flag { Value: true } ? 0 : 0.4) + rate * rate
                + 0.1 * Math.Pow(Number(configuration, "layers") - 7, 2) + 0.2 * rank * rank
                + 20 * Math.Pow(Number(configuration, "dropout") - 0.15, 2);
        });
    }

    /// <summary>Two branches with parameters of their own; the better one is the one that is worse at first sight.</summary>
    private static SearchFunction Conditional()
    {
        EquatableArray<Condition> When(string optimizer) => [new("optimizer", [new ParameterValue.Text(optimizer)])];
        var space = new SearchSpace(
        [
            new("optimizer", new Domain.Choice([new ParameterValue.Text("sgd"), new ParameterValue.Text("adamw")])),
            new("lr", new Domain.Float(1e-6, 1, Log: true)),
            new("momentum", new Domain.Float(0, 1), When("sgd")),
            new("beta", new Domain.Float(1e-4, 0.5, Log: true), When("adamw")),
            new("decay", new Domain.Float(1e-6, 1, Log: true), When("adamw")),
        ]);
        return new SearchFunction("conditional", space, 0, configuration =>
        {
            var rate = Math.Log10(Number(configuration, "lr"));
            return configuration.Values.ContainsKey("momentum")
                ? 0.5 + 0.5 * Math.Pow(rate + 1, 2) + 4 * Math.Pow(Number(configuration, "momentum") - 0.9, 2)
                : Math.Pow(rate + 4, 2) + Math.Pow(Math.Log10(Number(configuration, "beta")) + 2, 2)
                    + 0.5 * Math.Pow(Math.Log10(Number(configuration, "decay")) + 2, 2);
        });
    }

    private static SearchFunction Box(string name, int dimension, double reach, double optimum, Func<double[], double> value) =>
        new(name, Reals(dimension, -reach, reach), optimum, Of(value));

    private static SearchSpace Unit(int dimension) => Reals(dimension, 0, 1);

    private static SearchSpace Reals(int dimension, double low, double high) =>
        new([.. Enumerable.Range(0, dimension).Select(i => new Parameter($"x{i}", new Domain.Float(low, high)))]);

    private static Func<Configuration, double> Of(Func<double[], double> value) =>
        configuration => value([.. configuration.Values.Keys.Select(name => Number(configuration, name))]);

    private static double Number(Configuration configuration, string name) => configuration.Values[name] switch
    {
        ParameterValue.Real real => real.Value,
        ParameterValue.Integer whole => whole.Value,
        var other => throw new InvalidOperationException($"'{name}' is no number: {other}."),
    };
}
