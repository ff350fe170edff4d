namespace Adapters.Tasks.Data;

/// <summary>One plane wave over the unit square.</summary>
internal readonly struct Grating(double direction, double frequency, double phase)
{
    private readonly double _x = 2 * Math.PI * frequency * Math.Cos(direction);
    private readonly double _y = 2 * Math.PI * frequency * Math.Sin(direction);

    /// <summary>Its value at a point, -1 to 1.</summary>
    public double At(double x, double y) => Math.Cos(_x * x + _y * y + phase);
}
