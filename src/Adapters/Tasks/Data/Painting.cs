namespace Adapters.Tasks.Data;

/// <summary>What the drawn pictures share: a tint and a slope of light for each channel, and grain.</summary>
internal static class Painting
{
    public const int Channels = 3;

    /// <summary>Colours a picture.</summary>
    /// <param name="random">Draws tints first, then one grain a pixel in row order.</param>
    /// <param name="size">Height and width in pixels.</param>
    /// <param name="image"><c>[3, size, size]</c>, 0 to 1.</param>
    /// <param name="value">The grey value at column and row.</param>
    public static void Fill(ref SplitMix64 random, int size, float[] image, Func<int, int, double> value)
    {
        Span<(double Offset, double SlopeX, double SlopeY)> tints = stackalloc (double, double, double)[Channels];
        foreach (ref var tint in tints)
            tint = (0.05 * random.NextCentred(), 0.15 * random.NextCentred(), 0.15 * random.NextCentred());

        for (var row = 0; row < size; row++)
            for (var column = 0; column < size; column++)
            {
                var (x, y) = ((double)column / size, (double)row / size);
                var grey = value(column, row) + 0.06 * random.NextCentred();
                for (var channel = 0; channel < Channels; channel++)
                {
                    var (offset, slopeX, slopeY) = tints[channel];
                    image[(channel * size + row) * size + column] = (float)Math.Clamp(grey + offset + slopeX * x + slopeY * y, 0, 1);
                }
            }
    }

    /// <summary>A number in [-0.5, 0.5).</summary>
    public static double NextCentred(this ref SplitMix64 random) => random.NextDouble() - 0.5;
}
