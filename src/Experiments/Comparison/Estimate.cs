using System.Text.Json.Serialization;
using MathNet.Numerics.Distributions;

namespace Experiments.Comparison;

/// <summary>A mean over seeds with its spread and its interval.</summary>
/// <param name="Count">Number of seeds.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="StandardDeviation">Sample standard deviation (n - 1); null for one seed.</param>
/// <param name="Minimum">The least value.</param>
/// <param name="Maximum">The largest value.</param>
/// <param name="Interval">Confidence interval of the mean; null for one seed, which says nothing about spread.</param>
public sealed record Estimate(
    int Count, double Mean, double? StandardDeviation, double Minimum, double Maximum, Interval? Interval)
{
    /// <summary>Samples below this size get a t interval: a resampled handful repeats itself.</summary>
    public const int BootstrapFrom = 5;

    /// <summary>Estimates the mean of a sample. A function of its arguments alone: the bootstrap's seed is fixed.</summary>
    /// <param name="values">Finite values, at least one.</param>
    /// <param name="confidence">Between 0 and 1.</param>
    public static Estimate Of(ReadOnlySpan<double> values, double confidence)
    {
        ArgumentOutOfRangeException.ThrowIfZero(values.Length);
        var sum = 0.0;
        var (minimum, maximum) = (values[0], values[0]);
        foreach (var value in values)
        {
            sum += value;
            (minimum, maximum) = (Math.Min(minimum, value), Math.Max(maximum, value));
        }

        if (values.Length == 1)
            return new Estimate(1, sum, null, minimum, maximum, null);

        // An untrained model scores the same under every seed; rounding must not give it a spread.
        if (minimum == maximum)
            return new Estimate(values.Length, minimum, 0, minimum, maximum, new Interval(minimum, maximum, IntervalKind.Constant));

        var mean = sum / values.Length;
        var squares = 0.0;
        foreach (var value in values)
            squares += (value - mean) * (value - mean);
        var deviation = Math.Sqrt(squares / (values.Length - 1));
        var interval = values.Length < BootstrapFrom
            ? StudentInterval(values.Length, mean, deviation, confidence)
            : Bootstrap.Interval(values, mean, confidence);
        return new Estimate(values.Length, mean, deviation, minimum, maximum, interval);
    }

    private static Interval StudentInterval(int count, double mean, double deviation, double confidence)
    {
        var half = StudentT.InvCDF(0, 1, count - 1, 0.5 + confidence / 2) * deviation / Math.Sqrt(count);
        return new Interval(mean - half, mean + half, IntervalKind.T);
    }
}

/// <summary>A confidence interval.</summary>
public sealed record Interval(double Low, double High, IntervalKind Kind)
{
    /// <summary>Half of its width: what decides how many digits of the mean are worth showing.</summary>
    [JsonIgnore]
    public double HalfWidth => (High - Low) / 2;

    /// <summary>Whether zero is a value that the interval allows.</summary>
    [JsonIgnore]
    public bool HoldsZero => Low <= 0 && High >= 0;
}

/// <summary>How an interval was made.</summary>
public enum IntervalKind
{
    /// <summary>Student's t, for fewer than five values.</summary>
    T,

    /// <summary>Bias-corrected bootstrap.</summary>
    Bootstrap,

    /// <summary>All values are equal, so the interval is a point.</summary>
    Constant,
}
