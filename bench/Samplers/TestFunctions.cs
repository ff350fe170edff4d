using Experiments.Sweeps;

namespace Bench.Samplers;

/// <summary>
/// The functions that samplers are judged by: textbook surfaces (Surjanovic and Bingham, Virtual Library of Simulation
/// Experiments), and the kinds of space that trainings have: logarithms, whole numbers, choices, conditions, noise.
/// </summary>
internal static class TestFunctions
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<TestFunction> All { get; } =
    [
        new("branin", new([Real("x1", -5, 10), Real("x2", 0, 15)]), 0.39788735772973816, point => Branin(point["x1"], point["x2"])),
        new("rosenbrock4", TestFunction.Cube(4, -2.048, 2.048), 0, point => Rosenbrock(point.X)),
        new("hartmann3", TestFunction.Cube(3, 0, 1), -3.8627797869493365, point => Hartmann.Three(point.X)),
        new("hartmann6", TestFunction.Cube(6, 0, 1), -3.3223680114155147, point => Hartmann.Six(point.X)),
        new("ackley5", TestFunction.Cube(5, -15, 30), 0, point => Ackley(point.X)),
        new("levy4", TestFunction.Cube(4, -10, 10), 0, point => Levy(point.X)),
        new("styblinski3", TestFunction.Cube(3, -5, 5), 3 * -39.16616570377142, point => StyblinskiTang(point.X)),
        new("sphere-log", new([Real("x1", 1e-6, 1, true), Real("x2", 1e-3, 1e3, true), Real("x3", -1, 1)]), 0, point =>
            Square(Math.Log10(point["x1"]) + 4.3) + Square(Math.Log10(point["x2"]) - 1.2) + (4 * Square(point["x3"] - 0.37))),
        new("valley", new([Real("lr", 1e-5, 1, true), Real("decay", 1e-6, 1e-1, true), Whole("batch", 8, 512, true),
            new("warmup", new Domain.Float(0, 0.5, Step: 0.05)), Choice("schedule", "cosine", "linear", "constant")]), 0.1, Valley),
        new("curve", new([Real("lr", 1e-5, 1e-1, true), Whole("rank", 1, 64, true), Real("dropout", 0, 0.5),
            Choice("init", "kaiming", "gaussian", "zero")]), 0.2345, Curve),
        new("mixed", new([Real("x1", -3, 3), Whole("x2", 0, 20), Choice("a", "p", "q", "r", "s", "t"),
            Choice("b", "u", "v", "w"), new("flag", new Domain.Choice([new ParameterValue.Flag(false), new ParameterValue.Flag(true)]))]),
            0, Mixed),
        new("branches", new([Choice("kind", "a", "b"), Real("x", -5, 5),
            Real("a1", -5, 10, when: [On("kind", "a")]), Real("a2", 0, 15, when: [On("kind", "a")]),
            Real("b1", 1e-4, 1, true, [On("kind", "b")]), Whole("b2", 1, 50, when: [On("kind", "b")])]), 0, Branches),
        new("tree", new([Choice("optimizer", "adam", "sgd", "lion"), Real("lr", 1e-5, 1, true),
            Real("momentum", 0, 0.99, when: [On("optimizer", "sgd")]), Choice("nesterov", ["yes", "no"], [On("optimizer", "sgd")]),
            Real("beta", 0.8, 0.999, when: [On("optimizer", "adam", "lion")]), Whole("layers", 1, 4),
            Whole("width", 8, 256, true, [new("layers", [new ParameterValue.Integer(2), new ParameterValue.Integer(3)])])]), 0, Tree),
        new("nested", new([Choice("optimizer", "adam", "sgd"), Real("lr", 1e-5, 1, true),
            Real("beta", 0.8, 0.999, when: [On("optimizer", "adam")]),
            Choice("schedule", ["constant", "cosine", "step"], [On("optimizer", "sgd")]),
            Real("warmup", 0, 0.5, when: [On("schedule", "cosine")]), Real("floor", 1e-4, 1, true, [On("schedule", "cosine")]),
            Whole("steps", 1, 10, when: [On("schedule", "step")]), Real("gamma", 0.05, 0.95, when: [On("schedule", "step")])]), 0, Nested),
        new("narrow", new([Choice("kind", "a", "b", "c"),
            Real("a1", 0, 1, when: [On("kind", "a")]), Real("a2", 0, 1, when: [On("kind", "a")]),
            Real("b1", 0, 1, when: [On("kind", "b")]), Real("b2", 0, 1, when: [On("kind", "b")]),
            Real("c1", 0, 1, when: [On("kind", "c")]), Real("c2", 0, 1, when: [On("kind", "c")])]), 0, Narrow),
        new("decoy", new([Choice("kind", "safe", "steep"), Real("lr", 1e-5, 1e-1, true), Real("s1", 0, 1, when: [On("kind", "safe")]),
            Real("t1", 0, 1, when: [On("kind", "steep")]), Real("t2", 1e-3, 10, true, [On("kind", "steep")]),
            Whole("t3", 1, 100, true, [On("kind", "steep")])]), 0, Decoy),
        new("conditional", new([Choice("kind", "line", "plane"), Real("x", -5, 5, when: [On("kind", "line")]),
            Real("y", -5, 5, when: [On("kind", "plane")]), Real("z", -5, 5, when: [On("kind", "plane")])]), 0, point =>
            point.Is("kind", "line") ? 0.5 + Square(point["x"] - 2) : Square(point["y"] + 1) + Square(point["z"] - 3)),
        new("whole", new([Whole("x1", 0, 30), Whole("x2", 0, 30), Whole("x3", 1, 1000, true)]), 0, point =>
            (0.1 * Square(point["x1"] - 21)) + (0.1 * Square(point["x2"] - (0.5 * point["x1"]) - 2.5))
            + (4 * Square(Math.Log10(point["x3"] / 40)))),
        new("noisy", new([Real("x1", -5, 10), Real("x2", 0, 15)]), 0.39788735772973816, point => Branin(point["x1"], point["x2"]), 3),
    ];

    private static Parameter Real(string name, double low, double high, bool log = false, EquatableArray<Condition> when = default) =>
        new(name, new Domain.Float(low, high, log), when);

    private static Parameter Whole(string name, long low, long high, bool log = false, EquatableArray<Condition> when = default) =>
        new(name, new Domain.Int(low, high, log), when);

    private static Parameter Choice(string name, params string[] choices) => Choice(name, choices, default);

    private static Parameter Choice(string name, string[] choices, EquatableArray<Condition> when) =>
        new(name, new Domain.Choice([.. choices.Select(choice => new ParameterValue.Text(choice))]), when);

    private static Condition On(string parent, params string[] values) =>
        new(parent, [.. values.Select(value => new ParameterValue.Text(value))]);

    private static double Square(double x) => x * x;

    private static double Branin(double x1, double x2)
    {
        const double b = 5.1 / (4 * Math.PI * Math.PI);
        const double c = 5 / Math.PI;
        return Square(x2 - (b * x1 * x1) + (c * x1) - 6) + (10 * (1 - (1 / (8 * Math.PI))) * Math.Cos(x1)) + 10;
    }

    private static double Rosenbrock(double[] x) =>
        Enumerable.Range(0, x.Length - 1).Sum(i => (100 * Square(x[i + 1] - (x[i] * x[i]))) + Square(1 - x[i]));

    private static double Ackley(double[] x) =>
        (-20 * Math.Exp(-0.2 * Math.Sqrt(x.Average(Square)))) - Math.Exp(x.Average(xi => Math.Cos(2 * Math.PI * xi))) + 20 + Math.E;

    private static double Levy(double[] x)
    {
        var w = x.Select(xi => 1 + ((xi - 1) / 4)).ToArray();
        var last = w[^1];
        return Square(Math.Sin(Math.PI * w[0]))
            + w[..^1].Sum(wi => Square(wi - 1) * (1 + (10 * Square(Math.Sin((Math.PI * wi) + 1)))))
            + (Square(last - 1) * (1 + Square(Math.Sin(2 * Math.PI * last))));
    }

    private static double StyblinskiTang(double[] x) => x.Sum(xi => (Math.Pow(xi, 4) - (16 * xi * xi) + (5 * xi)) / 2);

    private static double Valley(Point point)
    {
        var rate = Math.Log10(point["lr"]) + 2.5 - (0.5 * Math.Log2(point["batch"] / 64) * Math.Log10(2));
        return 0.1 + (0.15 * Math.Min(rate * rate, 6)) + (rate > 1.2 ? 0.5 : 0)
            + (0.01 * Square(Math.Log10(point["decay"]) + 3 + (0.5 * rate))) + (0.4 * Square(point["warmup"] - 0.1))
            + (0.004 * Square(Math.Log2(point["batch"] / 64)))
            + (point.Is("schedule", "cosine") ? 0 : point.Is("schedule", "linear") ? 0.01 : 0.04);
    }

    private static double Curve(Point point)
    {
        var r = Math.Log2(point["rank"]);
        var z = Math.Log10(point["lr"]) + 3 + (0.1 * (r - 3));
        var asymptote = 0.20 + (0.06 * Math.Min(z * z, 4)) + (0.004 * Square(r - 4)) + (0.20 * Square(point["dropout"] - 0.1))
            + (point.Is("init", "kaiming") ? 0 : point.Is("init", "gaussian") ? 0.01 : 0.05);
        var rate = 0.35 + (0.45 * Math.Exp(-Square(z - 0.8) / 2));
        return asymptote + ((1 - asymptote) * Math.Pow(82, -rate));
    }

    private static double Mixed(Point point)
    {
        var centre = point.Is("flag", "true") ? 1.3 : -0.7;
        var choice = point.Is("a", "p") ? 3 : point.Is("a", "q") ? 1 : point.Is("a", "r") ? 0 : point.Is("a", "s") ? 2 : 1.5;
        var pair = point.Is("b", "w") ? (point.Is("a", "r") ? 0 : 1.2) : point.Is("b", "v") ? 0.6 : 0.9;
        return Square(point["x1"] - centre) + (0.02 * Square(point["x2"] - 13)) + choice + pair + (point.Is("flag", "true") ? 0 : 0.5);
    }

    private static double Branches(Point point)
    {
        var shared = 0.2 * Square(point["x"] - 1);
        return point.Is("kind", "a")
            ? shared + 1 + (0.1 * (Branin(point["a1"], point["a2"]) - 0.39788735772973816))
            : shared + (2 * Square(Math.Log10(point["b1"]) + 2.7)) + (0.01 * Square(point["b2"] - 33));
    }

    private static double Tree(Point point)
    {
        var lr = Math.Log10(point["lr"]);
        var layers = point["layers"];
        var body = layers is 2 or 3 ? (0.2 * Square(Math.Log2(point["width"]) - 6.5)) + (layers is 2 ? 0 : 0.1) : layers is 1 ? 0.8 : 0.6;
        var optimizer = point.Is("optimizer", "sgd")
            ? Square(lr + 1 + Math.Log10((1 - point["momentum"]) / 0.1)) + (point.Is("nesterov", "yes") ? 0 : 0.2)
                + (2 * Square(point["momentum"] - 0.9))
            : point.Is("optimizer", "adam")
                ? 0.15 + Square(lr + 3) + (20 * Square(point["beta"] - 0.9))
                : 0.3 + Square(lr + 4) + (20 * Square(point["beta"] - 0.95));
        return body + optimizer;
    }

    private static double Nested(Point point) => point.Is("optimizer", "adam")
        ? 0.2 + (0.5 * Square(Math.Log10(point["lr"]) + 3)) + (15 * Square(point["beta"] - 0.92))
        : (0.5 * Square(Math.Log10(point["lr"]) + 1.2))
            + (point.Is("schedule", "constant") ? 0.4
                : point.Is("schedule", "cosine") ? (4 * Square(point["warmup"] - 0.12)) + (0.2 * Square(Math.Log10(point["floor"]) + 2.4))
                : 0.1 + (0.03 * Square(point["steps"] - 4)) + (2 * Square(point["gamma"] - 0.4)));

    private static double Narrow(Point point) =>
        point.Is("kind", "a") ? 0.4 + Square(point["a1"] - 0.3) + Square(point["a2"] - 0.6)
        : point.Is("kind", "b") ? 0.5 + Square(point["b1"] - 0.8) + Square(point["b2"] - 0.2)
        : 1 - Math.Exp(-(Square(point["c1"] - 0.63) + Square(point["c2"] - 0.27)) / (2 * Square(0.12)));

    private static double Decoy(Point point) => point.Is("kind", "safe")
        ? 0.35 + (0.05 * Square(Math.Log10(point["lr"]) + 3)) + (0.1 * Square(point["s1"] - 0.5))
        : (0.5 * Square(Math.Log10(point["lr"]) + 2.2)) + (3 * Square(point["t1"] - 0.7))
            + (0.4 * Square(Math.Log10(point["t2"]) - 0.3)) + (0.3 * Square(Math.Log10(point["t3"] / 12)));
}
