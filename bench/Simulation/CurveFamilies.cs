using Experiments.Sweeps;

namespace Bench.Simulation;

/// <summary>Curves that early values foretell, and curves where they mislead.</summary>
internal static class CurveFamilies
{
    private const double Noise = 0.02;

    private static readonly SearchSpace _training = new(
    [
        new("lr", new Domain.Float(1e-5, 1e-1, Log: true)),
        new("rank", new Domain.Int(1, 64, Log: true)),
        new("dropout", new Domain.Float(0, 0.5)),
        new("init", new Domain.Choice(
            [new ParameterValue.Text("kaiming"), new ParameterValue.Text("gaussian"), new ParameterValue.Text("zero")])),
    ]);

    private static readonly SearchSpace _cube =
        new([.. new[] { "x", "y", "z" }.Select(name => new Parameter(name, new Domain.Float(0, 1)))]);

    /// <summary>Adapters by learning rate, rank, dropout and initialisation: power laws that hardly cross.</summary>
    public static CurveFamily A { get; } = new("family A", _training, PowerLaw, _ => Noise);

    /// <summary>Exponentials of about equal speed.</summary>
    public static CurveFamily Orderly { get; } = Cube("orderly", (x, y, _) => e => Exponential(0.2 + 0.4 * x, 3 + 2 * y, e));

    /// <summary>The slower a training, the better it ends.</summary>
    public static CurveFamily SlowWinners { get; } = Cube("slow winners",
        (x, y, _) => e => Exponential(0.6 - 0.4 * x + 0.05 * y, 3 + 20 * x, e));

    /// <summary>Speed has nothing to do with the end.</summary>
    public static CurveFamily Crossing { get; } = Cube("crossing", (x, y, _) => e => Exponential(0.2 + 0.4 * x, 2 + 30 * y, e));

    /// <summary>The fastest half diverges after 15 to 55 epochs.</summary>
    public static CurveFamily Divergence { get; } = Cube("divergence", (x, y, z) => e =>
    {
        var late = e - (15 + 40 * z);
        return Exponential(0.5 - 0.3 * x + 0.05 * y, 14 - 10 * x, e) + (x > 0.5 && late > 0 ? 0.5 * (1 - Math.Exp(-late / 8)) : 0);
    });

    /// <summary>Nothing happens for 30 to 75 epochs, then the loss drops.</summary>
    public static CurveFamily LateDrop { get; } = Cube("late drop",
        (x, y, _) => e => e - (30 + 45 * y) is >= 0 and var since ? Exponential(0.2 + 0.4 * x, 1, since) : 1);

    /// <summary>Family A under noise that drowns the first 9 epochs.</summary>
    public static CurveFamily EarlyNoise { get; } = new("early noise", _training, PowerLaw, e => e <= 9 ? 0.5 : Noise);

    /// <summary>Family A under noise that drowns the first 27 epochs.</summary>
    public static CurveFamily LongNoise { get; } = new("long noise", _training, PowerLaw, e => e <= 27 ? 0.5 : Noise);

    /// <summary>Family A turned upside down for the first 3 epochs.</summary>
    public static CurveFamily Reversed { get; } = new(
        "reversed start",
        _training,
        configuration =>
        {
            var curve = PowerLaw(configuration);
            return e => e <= 3 ? 1.5 - curve(CurveFamily.Epochs) : curve(e);
        },
        _ => Noise);

    /// <summary>Orderly, but the best tenth starts last.</summary>
    public static CurveFamily HiddenWinners { get; } = Cube("hidden winners",
        (x, y, z) => e => z < 0.1 ? Exponential(0.15 + 0.05 * x, 18, e) : Exponential(0.25 + 0.35 * x, 3 + 2 * y, e));

    /// <summary>Those where stopping early is right.</summary>
    public static IReadOnlyList<CurveFamily> Foretelling => [A, Orderly];

    /// <summary>Those where it is wrong, at some rung at least.</summary>
    public static IReadOnlyList<CurveFamily> Misleading =>
        [SlowWinners, Crossing, Divergence, LateDrop, EarlyNoise, LongNoise, Reversed, HiddenWinners];

    private static Func<int, double> PowerLaw(Configuration configuration)
    {
        var z = Math.Log10(Number(configuration, "lr")) + 3 + 0.1 * (Math.Log2(Number(configuration, "rank")) - 3);
        var fromRank = Math.Log2(Number(configuration, "rank")) - 4;
        var fromDropout = Number(configuration, "dropout") - 0.1;
        var fromStart = configuration.Values["init"] switch
        {
            ParameterValue.Text { Value: "gaussian" } => 0.01,
            ParameterValue.Text { Value: "zero" } => 0.05,
            _ => 0,
        };
        var end = 0.20 + 0.06 * Math.Min(z * z, 4) + 0.004 * fromRank * fromRank + 0.20 * fromDropout * fromDropout + fromStart;
        var rate = 0.35 + 0.45 * Math.Exp(-(z - 0.8) * (z - 0.8) / 2);
        return e => end + (1 - end) * Math.Pow(1 + e, -rate);
    }

    private static CurveFamily Cube(string name, Func<double, double, double, Func<int, double>> curve) => new(
        name,
        _cube,
        configuration => curve(Number(configuration, "x"), Number(configuration, "y"), Number(configuration, "z")),
        _ => Noise);

    private static double Exponential(double end, double time, double epochs) => end + (1 - end) * Math.Exp(-epochs / time);

    private static double Number(Configuration configuration, string name) => configuration.Values[name] switch
    {
        ParameterValue.Real real => real.Value,
        ParameterValue.Integer whole => whole.Value,
        var other => throw new NotSupportedException($"'{name}' is no number: {other}."),
    };
}
