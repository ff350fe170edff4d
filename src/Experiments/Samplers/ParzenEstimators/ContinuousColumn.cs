using Experiments.Sweeps;

namespace Experiments.Samplers.ParzenEstimators;

/// <summary>Reals, or more whole numbers or steps than are listed: the coordinate is the place on the unit interval, the
/// kernel a normal density cut off at both ends.</summary>
internal sealed class ContinuousColumn(Domain domain, Axis? axis) : Column
{
    private readonly Scale _scale = Scale.Of(domain, axis);

    /// <inheritdoc/>
    public override double CoordinateOf(ParameterValue value)
    {
        var place = _scale.PlaceOf(Scale.NumberOf(value));
        return place is >= 0 and <= 1 ? place : double.NaN;
    }

    /// <inheritdoc/>
    public override ParameterValue ValueAt(double coordinate) => domain switch
    {
        Domain.Int range => axis![Position(coordinate, range.Low, range.Step ?? 1)],
        Domain.Float { Step: { } step } range => axis![Position(coordinate, range.Low, step)],
        Domain.Float range => new ParameterValue.Real(Math.Clamp(_scale.At(coordinate), range.Low, range.High)),
        _ => throw new InvalidOperationException($"{domain} is not continuous."),
    };

    /// <inheritdoc/>
    public override double Draw(KeyedDraws draws) => Rounded(draws.Real());

    /// <inheritdoc/>
    public override double Draw(double centre, double bandwidth, KeyedDraws draws) =>
        Rounded(TruncatedNormal.Draw(centre, bandwidth, draws));

    /// <inheritdoc/>
    public override Kernels NewKernels(bool isLocal) => new ContinuousKernels(this, isLocal);

    private double Rounded(double place) => axis is null ? place : CoordinateOf(ValueAt(place));

    private long Position(double coordinate, double low, double step) =>
        Math.Clamp((long)Math.Round((_scale.At(coordinate) - low) / step), 0, axis!.Count - 1);
}
