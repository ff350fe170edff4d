using Experiments.Sweeps;

namespace Experiments.Samplers.ParzenEstimators;

/// <summary>
/// The map of a range onto the unit interval, even in the value or in its logarithm. Values that can be listed have half a
/// step beyond both ends, so that each stands in the middle of what is rounded to it.
/// </summary>
internal readonly struct Scale
{
    private readonly double _low;
    private readonly double _width;
    private readonly bool _log;

    private Scale(double low, double high, bool log)
    {
        _log = log;
        _low = log ? Math.Log(low) : low;
        _width = (log ? Math.Log(high) : high) - _low;
    }

    /// <summary>The scale of a numeric domain with more than one value.</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="axis">Its values where they can be listed; the last may lie below the upper bound.</param>
    public static Scale Of(Domain domain, Axis? axis) => domain switch
    {
        Domain.Float { Step: { } step } range => new(range.Low - (step / 2), Last(axis) + (step / 2), log: false),
        Domain.Float range => new(range.Low, range.High, range.Log),
        Domain.Int { Log: true } range => new(range.Low - 0.5, range.High + 0.5, log: true),
        Domain.Int range => new(range.Low - ((range.Step ?? 1) / 2.0), Last(axis) + ((range.Step ?? 1) / 2.0), log: false),
        _ => throw new ArgumentException($"{domain} has no order.", nameof(domain)),
    };

    /// <summary>The place of a value, in [0, 1] for those of the domain.</summary>
    public double PlaceOf(double value) => ((_log ? Math.Log(value) : value) - _low) / _width;

    /// <summary>The value at a place.</summary>
    public double At(double place) => _log ? Math.Exp(_low + (place * _width)) : _low + (place * _width);

    /// <summary>The number that a value is; NaN for a text, a flag or a list.</summary>
    public static double NumberOf(ParameterValue value) => value switch
    {
        ParameterValue.Integer whole => whole.Value,
        ParameterValue.Real real => real.Value,
        _ => double.NaN,
    };

    private static double Last(Axis? axis) => NumberOf(axis![axis.Count - 1]);
}
