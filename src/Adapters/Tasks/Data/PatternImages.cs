namespace Adapters.Tasks.Data;

/// <summary>Kinds of patterns, in the order of their labels.</summary>
internal enum PatternKind
{
    Stripes,
    Checks,
    Dots,
    Grid,
    Rings,
    Flat,
}

/// <summary>Draws regular patterns of any direction and scale: what the product's own vision transformer is pretrained on.</summary>
internal static class PatternImages
{
    private const ulong Family = 0x5041_5454_4552; // "PATTER"

    /// <summary>Draws a pattern.</summary>
    /// <param name="seed">Number of the image.</param>
    /// <param name="kind">What to draw.</param>
    /// <param name="size">Height and width in pixels.</param>
    /// <param name="image"><c>[3, size, size]</c>, 0 to 1.</param>
    public static void Draw(ulong seed, PatternKind kind, int size, float[] image)
    {
        var random = SplitMix64.Of(Family, seed);
        var (direction, frequency) = (Math.PI * random.NextDouble(), 2 + 5 * random.NextDouble());
        var along = new Grating(direction, frequency, 2 * Math.PI * random.NextDouble());
        var across = new Grating(direction + Math.PI / 2, frequency, 2 * Math.PI * random.NextDouble());
        var (centreX, centreY) = (random.NextDouble(), random.NextDouble());
        var (grey, strength) = (0.35 + 0.3 * random.NextDouble(), 0.06 + 0.12 * random.NextDouble());

        Painting.Fill(ref random, size, image, (column, row) =>
        {
            var (x, y) = ((double)column / size, (double)row / size);
            var (u, v) = (along.At(x, y), across.At(x, y));
            return grey + strength * kind switch
            {
                PatternKind.Stripes => Math.Sign(u),
                PatternKind.Checks => Math.Sign(u * v),
                PatternKind.Dots => u + v > 0.8 ? 1 : -1,
                PatternKind.Grid => Math.Max(u, v) > 0.7 ? 1 : -1,
                PatternKind.Rings => Math.Sign(Math.Cos(2 * Math.PI * frequency * Math.Sqrt(
                    (x - centreX) * (x - centreX) + (y - centreY) * (y - centreY)))),
                _ => 0,
            };
        });
    }
}
