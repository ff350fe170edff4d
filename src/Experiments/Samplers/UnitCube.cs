using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Experiments.Sweeps;

namespace Experiments.Samplers;

/// <summary>
/// A space as [0, 1)^d, a dimension for each declared parameter: a uniform point gives a configuration as the space means it
/// to be drawn. A parameter whose condition does not hold takes no value but keeps its dimension, so that the others stay in
/// theirs. Listed values share their dimension evenly, in order; whole numbers in logarithm reach half a step beyond both
/// ends, so that these have the mass that rounding gives their neighbours.
/// </summary>
internal sealed class UnitCube
{
    /// <summary>Coordinate of what has no value, and of what has only one.</summary>
    public const double Middle = 0.5;

    public const double LargestBelowOne = 1 - 1.0 / (1L << 53);

    private static readonly ConditionalWeakTable<SearchSpace, UnitCube> _known = [];

    private readonly SearchSpace _space;

    /// <summary>For each parameter its values, or null for a continuous range.</summary>
    private readonly Axis?[] _axes;

    private UnitCube(SearchSpace space)
    {
        _space = space;
        _axes = [.. space.Parameters.Select(parameter => Axis.OfDraws(parameter.Domain))];
    }

    /// <summary>The number of declared parameters.</summary>
    public int Dimensions => _axes.Length;

    /// <summary>The cube of a space, made once for it.</summary>
    public static UnitCube Of(SearchSpace space) => _known.GetValue(space, made => new UnitCube(made));

    /// <summary>How many values a dimension has; null for a continuous range.</summary>
    public long? CountOf(int dimension) => _axes[dimension]?.Count;

    /// <summary>Whether near coordinates of a dimension mean near values: a range, or choices in order.</summary>
    public bool IsOrdered(int dimension) =>
        _space.Parameters[dimension].Domain is Domain.Int or Domain.Float or Domain.Ordinal && CountOf(dimension) != 1;

    /// <summary>The configuration at a point.</summary>
    /// <param name="point">A coordinate in [0, 1) for each declared parameter; one that is not active is passed over.</param>
    public Configuration At(ReadOnlySpan<double> point) => At(point, ImmutableSortedDictionary<string, ParameterValue>.Empty);

    /// <summary>The configuration at a point but for some values.</summary>
    /// <param name="point">As above.</param>
    /// <param name="given">Values of parameters that do not go by the point.</param>
    public Configuration At(ReadOnlySpan<double> point, ImmutableSortedDictionary<string, ParameterValue> given)
    {
        var values = new Dictionary<string, ParameterValue>(StringComparer.Ordinal);
        for (var dimension = 0; dimension < _axes.Length; dimension++)
        {
            var parameter = _space.Parameters[dimension];
            if (parameter.When.All(condition => condition.HoldsIn(values)))
                values.Add(parameter.Name, given.TryGetValue(parameter.Name, out var value) ? value : ValueAt(dimension, point[dimension]));
        }

        return new Configuration(values);
    }

    /// <summary>Width of what a dimension's value takes of it, at a coordinate; 0 for a continuous range.</summary>
    public double StepAt(int dimension, double coordinate) => (_space.Parameters[dimension].Domain, ValueAt(dimension, coordinate)) switch
    {
        _ when _axes[dimension] is null => 0,
        (Domain.Int { Log: true } range, ParameterValue.Integer whole) =>
            Math.Log((whole.Value + 0.5) / (whole.Value - 0.5)) / Math.Log((range.High + 0.5) / (range.Low - 0.5)),
        _ => 1.0 / _axes[dimension]!.Count,
    };

    /// <summary>A point whose configuration is this one: the middle of what gives it.</summary>
    /// <param name="configuration">One of the space.</param>
    /// <param name="absent">Coordinate of a parameter that has no value.</param>
    public double[] PointOf(Configuration configuration, double absent = Middle)
    {
        var point = new double[_axes.Length];
        for (var dimension = 0; dimension < point.Length; dimension++)
        {
            point[dimension] = configuration.Values.TryGetValue(_space.Parameters[dimension].Name, out var value)
                ? Math.Clamp(CoordinateOf(dimension, value), 0, LargestBelowOne)
                : absent;
        }

        return point;
    }

    /// <summary>The value that a dimension has at a coordinate.</summary>
    public ParameterValue ValueAt(int dimension, double share)
    {
        switch (_space.Parameters[dimension].Domain)
        {
            case Domain.Int { Log: true } range:
                var rounded = Math.Round(Log(range.Low - 0.5, range.High + 0.5, share));
                return new ParameterValue.Integer(Math.Clamp((long)rounded, range.Low, range.High));
            case Domain.Float range when _axes[dimension] is null:
                var real = range.Log ? Log(range.Low, range.High, share) : range.Low * (1 - share) + range.High * share;
                return new ParameterValue.Real(Math.Clamp(real, range.Low, range.High));
            default:
                var axis = _axes[dimension]!;
                return axis[Math.Min((long)(share * axis.Count), axis.Count - 1)];
        }
    }

    private double CoordinateOf(int dimension, ParameterValue value) => (_space.Parameters[dimension].Domain, value) switch
    {
        (Domain.Int { Log: true } range, ParameterValue.Integer whole) => ShareOf(range.Low - 0.5, range.High + 0.5, whole.Value),
        (Domain.Float { Log: true } range, ParameterValue.Real real) when _axes[dimension] is null =>
            ShareOf(range.Low, range.High, real.Value),
        (Domain.Float range, ParameterValue.Real real) when _axes[dimension] is null =>
            (real.Value - range.Low) / (range.High - range.Low),
        _ => (_axes[dimension]!.PositionOf(value) + 0.5) / _axes[dimension]!.Count,
    };

    private static double Log(double low, double high, double share) =>
        Math.Exp(Math.Log(low) * (1 - share) + Math.Log(high) * share);

    private static double ShareOf(double low, double high, double value) => Math.Log(value / low) / Math.Log(high / low);
}
