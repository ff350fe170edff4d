namespace Adapters.Tasks.Data;

/// <summary>Kinds of regular shapes.</summary>
internal enum ShapeKind
{
    Disc,
    Ring,
    Box,
    Frame,
    Cross,
    Stripe,
}

/// <summary>A regular shape of some size and turn at a place of the unit square.</summary>
internal readonly struct Shape
{
    /// <summary>Number of kinds.</summary>
    public static int Kinds { get; } = Enum.GetValues<ShapeKind>().Length;

    private readonly ShapeKind _kind;
    private readonly double _x, _y, _cosine, _sine;

    public Shape(ShapeKind kind, ref SplitMix64 random)
    {
        _kind = kind;
        _x = 0.2 + 0.6 * random.NextDouble();
        _y = 0.2 + 0.6 * random.NextDouble();
        var radius = 0.10 + 0.16 * random.NextDouble();
        var angle = Math.PI * random.NextDouble();
        (_cosine, _sine) = (Math.Cos(angle) / radius, Math.Sin(angle) / radius);
    }

    public bool Contains(double x, double y)
    {
        var (dx, dy) = (x - _x, y - _y);
        var u = Math.Abs(dx * _cosine + dy * _sine); // along the shape's own axes, in radii
        var v = Math.Abs(dy * _cosine - dx * _sine);
        var (round, square) = (u * u + v * v, Math.Max(u, v));
        return _kind switch
        {
            ShapeKind.Disc => round < 1,
            ShapeKind.Ring => round is > 0.3 and < 1,
            ShapeKind.Box => square < 0.9,
            ShapeKind.Frame => square is > 0.5 and < 0.9,
            ShapeKind.Cross => square < 1 && Math.Min(u, v) < 0.3,
            _ => u < 2 && v < 0.35,
        };
    }
}
