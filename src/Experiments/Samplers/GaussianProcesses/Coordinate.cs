using Experiments.Sweeps;

namespace Experiments.Samplers.GaussianProcesses;

/// <summary>How large the steps between the values of a coordinate are.</summary>
internal enum Scale
{
    /// <summary>Any value between the bounds.</summary>
    Continuous,

    /// <summary>Values in an order, with distances.</summary>
    Ordered,

    /// <summary>Values that are equal or not.</summary>
    Categorical,
}

/// <summary>
/// A parameter as a number, its place: a share of the range for reals, in their logarithm where the domain says so, else
/// the position of its value among those it can have.
/// </summary>
internal sealed class Coordinate
{
    private readonly Axis? _axis;
    private readonly double _low;
    private readonly double _high;
    private readonly bool _log;

    /// <summary>The coordinate of a domain.</summary>
    public Coordinate(Domain domain)
    {
        _axis = Axis.OfDraws(domain);
        (_low, _high, _log) = domain switch
        {
            Domain.Float range => (range.Low, range.High, range.Log),
            // Half a step beyond both ends, so that rounding gives them the mass of their neighbours.
            Domain.Int { Log: true } range => (range.Low - 0.5, range.High + 0.5, true),
            _ => (0, 0, false),
        };
        Scale = _axis is null ? Scale.Continuous : domain is Domain.Choice ? Scale.Categorical : Scale.Ordered;
    }

    /// <summary>What kind of coordinate it is.</summary>
    public Scale Scale { get; }

    /// <summary>How many values there are; of a continuous one past counting.</summary>
    public long Count => _axis?.Count ?? long.MaxValue;

    /// <summary>The value at a place.</summary>
    public ParameterValue this[double place]
    {
        get
        {
            if (_axis is not null)
                return _axis[Math.Min((long)place, _axis.Count - 1)]; // beyond 2^53 a real is not every whole number
            var value = _log ? Math.Exp(Between(Math.Log(_low), Math.Log(_high), place)) : Between(_low, _high, place);
            return new ParameterValue.Real(Math.Clamp(value, _low, _high));
        }
    }

    /// <summary>The place of a value; not a number for one that the domain has not.</summary>
    public double PlaceOf(ParameterValue value)
    {
        if (_axis is not null)
            return _axis.PositionOf(value) is >= 0 and var position ? position : double.NaN;
        if (value is not ParameterValue.Real { Value: var real })
            return double.NaN;
        var within = Math.Clamp(real, _low, _high);
        return _log ? Math.Log(within / _low) / Math.Log(_high / _low) : (within - _low) / (_high - _low);
    }

    /// <summary>The place that a share of the domain's mass lies below.</summary>
    /// <param name="share">In [0, 1).</param>
    public double Quantile(double share)
    {
        if (_axis is null)
            return share;
        if (Scale == Scale.Ordered && _log)
            return Nearest(Math.Round(Math.Exp(Between(Math.Log(_low), Math.Log(_high), share))) - (_low + 0.5));
        return Nearest(Math.Floor(share * _axis.Count));
    }

    /// <summary>The share of the range where a place lies: what distances are measured in.</summary>
    public double ShareOf(double place) => _axis is null ? place
        : _log && Scale == Scale.Ordered ? Math.Log((_low + 0.5 + place) / _low) / Math.Log(_high / _low)
        : place / (_axis.Count - 1);

    /// <summary>A place that exists: within the bounds, and whole where the values are counted.</summary>
    public double Nearest(double place) => _axis is null
        ? Math.Clamp(place, 0, 1)
        : Math.Clamp(Math.Round(place), 0, _axis.Count - 1);

    private static double Between(double low, double high, double share) => low * (1 - share) + high * share;
}
