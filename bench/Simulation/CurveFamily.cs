using Experiments.Sweeps;

namespace Bench.Simulation;

/// <summary>Learning curves over a search space; lower is better.</summary>
/// <param name="Name">Its name in tables.</param>
/// <param name="Space">What a trial can be.</param>
/// <param name="CurveOf">The true value of a configuration after so many epochs, from 1.</param>
/// <param name="NoiseAt">Standard deviation of what is observed at an epoch.</param>
internal sealed record CurveFamily(
    string Name, SearchSpace Space, Func<Configuration, Func<int, double>> CurveOf, Func<int, double> NoiseAt)
{
    /// <summary>Epochs of a whole training, R.</summary>
    public const int Epochs = 81;

    /// <summary>What a trial reports.</summary>
    public double Observed(ulong seed, int trial, Configuration configuration, int epoch) =>
        CurveOf(configuration)(epoch) + NoiseAt(epoch) * KeyedHash.Normal(seed, (ulong)trial, (ulong)epoch);

    /// <summary>The n-th configuration of a seed: equal for all that are compared.</summary>
    public Configuration Shared(ulong seed, int trial) => new(Space.Parameters.Select((parameter, k) => KeyValuePair.Create(
        parameter.Name, Place(parameter.Domain, KeyedHash.Unit(seed, 777, (ulong)trial, (ulong)k)))));

    private static ParameterValue Place(Domain domain, double share) => domain switch
    {
        Domain.Float { Log: true } range => new ParameterValue.Real(
            Math.Exp(Math.Log(range.Low) + share * (Math.Log(range.High) - Math.Log(range.Low)))),
        Domain.Float range => new ParameterValue.Real(range.Low + share * (range.High - range.Low)),
        Domain.Int { Log: true } range => new ParameterValue.Integer(Math.Clamp(
            (long)Math.Floor(Math.Exp(
                Math.Log(range.Low - 0.5) + share * (Math.Log(range.High + 0.5) - Math.Log(range.Low - 0.5))) + 0.5),
            range.Low, range.High)),
        Domain.Int range => new ParameterValue.Integer(range.Low + (long)Math.Floor(share * (range.High - range.Low + 1))),
        Domain.Choice choice => choice.Choices[(int)(share * choice.Choices.Count)],
        _ => throw new NotSupportedException($"{domain} is not drawn."),
    };
}
