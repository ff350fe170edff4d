using Experiments.Sweeps;

namespace Experiments.Comparison;

/// <summary>The values of a domain on [0, 1], so that they are spread there as they are searched.</summary>
internal static class UnitInterval
{
    /// <summary>Whether a domain has more than one value.</summary>
    public static bool IsSearched(Domain domain) => Axis.OfDraws(domain) is not { Count: 1 };

    /// <summary>Where a value lies. Listed values have equal shares; NaN for a value that is not in the domain.</summary>
    public static double Of(Domain domain, ParameterValue value) => (domain, value) switch
    {
        (Domain.Int { Log: true } range, ParameterValue.Integer whole) => Log(range.Low - 0.5, range.High + 0.5, whole.Value),
        (Domain.Float { Step: null, Log: true } range, ParameterValue.Real real) => Log(range.Low, range.High, real.Value),
        (Domain.Float { Step: null } range, ParameterValue.Real real) => (real.Value - range.Low) / (range.High - range.Low),
        _ => Axis.OfDraws(domain) is { } axis && axis.PositionOf(value) is >= 0 and var position
            ? (position + 0.5) / axis.Count
            : double.NaN,
    };

    private static double Log(double low, double high, double value) => Math.Log(value / low) / Math.Log(high / low);
}
