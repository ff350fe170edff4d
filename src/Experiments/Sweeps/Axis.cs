using System.Collections.Immutable;
using System.Globalization;

namespace Experiments.Sweeps;

/// <summary>The values of a domain that can be listed, by position from 0, without holding those of a range.</summary>
internal abstract class Axis
{
    /// <summary>How many values there are, at least 1.</summary>
    public abstract long Count { get; }

    public abstract ParameterValue this[long position] { get; }

    /// <summary>Position of a value; -1 where it is none of them.</summary>
    public abstract long PositionOf(ParameterValue value);

    /// <summary>Every value, in order.</summary>
    public IEnumerable<ParameterValue> All()
    {
        for (var position = 0L; position < Count; position++)
            yield return this[position];
    }

    /// <summary>The values a grid goes through, or null for a continuous range without steps or points.</summary>
    public static Axis? Of(Domain domain) => domain switch
    {
        Domain.Fixed only => new Listed([only.Value]),
        Domain.Choice choice => new Listed([.. choice.Choices]),
        Domain.Ordinal ordinal => new Listed([.. ordinal.Values]),
        Domain.Int { Points: { } points } range => new Listed([.. Spread(range.Low, range.High, range.Log, points)
            .Select(value => (long)Math.Round(value))
            .Distinct()
            .Select(value => new ParameterValue.Integer(value))]),
        Domain.Int range => new Whole(range.Low, range.Step ?? 1, (range.High - range.Low) / (range.Step ?? 1) + 1),
        Domain.Float { Points: { } points } range => new Listed([.. Spread(range.Low, range.High, range.Log, points)
            .Distinct()
            .Select(value => new ParameterValue.Real(value))]),
        Domain.Float { Step: { } step } range => new Stepped(range.Low, step, Steps(range.High - range.Low, step)),
        Domain.Float range when range.Low == range.High => new Listed([new ParameterValue.Real(range.Low)]),
        _ => null,
    };

    /// <summary>The values that can be drawn, or null for a continuous range: points are a grid's business.</summary>
    public static Axis? OfDraws(Domain domain) => Of(domain switch
    {
        Domain.Int range => range with { Points = null },
        Domain.Float range => range with { Points = null },
        _ => domain,
    });

    /// <summary>The value a person would write: sums of decimal steps are off in the last bits.</summary>
    private static double Tidy(double value) =>
        double.Parse(value.ToString("G15", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static long Steps(double range, double step) => (long)Math.Floor(range / step + 1e-9) + 1;

    private static IEnumerable<double> Spread(double low, double high, bool log, int points)
    {
        for (var point = 0; point < points; point++)
        {
            var share = point / (double)(points - 1);
            yield return point == 0 ? low
                : point == points - 1 ? high
                : Tidy(log ? low * Math.Pow(high / low, share) : low * (1 - share) + high * share);
        }
    }

    private sealed class Listed(ImmutableArray<ParameterValue> values) : Axis
    {
        public override long Count => values.Length;

        public override ParameterValue this[long position] => values[(int)position];

        public override long PositionOf(ParameterValue value) => values.IndexOf(value);
    }

    private sealed class Whole(long low, long step, long count) : Axis
    {
        public override long Count => count;

        public override ParameterValue this[long position] => new ParameterValue.Integer(low + position * step);

        public override long PositionOf(ParameterValue value) =>
            value is ParameterValue.Integer { Value: var whole } && whole >= low && (whole - low) % step == 0
                && (whole - low) / step < count
                ? (whole - low) / step
                : -1;
    }

    private sealed class Stepped(double low, double step, long count) : Axis
    {
        public override long Count => count;

        public override ParameterValue this[long position] => new ParameterValue.Real(Tidy(low + position * step));

        public override long PositionOf(ParameterValue value)
        {
            if (value is not ParameterValue.Real real)
                return -1;
            var position = (long)Math.Round((real.Value - low) / step);
            return position >= 0 && position < count && this[position].Equals(value) ? position : -1;
        }
    }
}
