namespace Adapters.Tasks.Data;

/// <summary>Draws textures of ten classes: five directions, each coarse and fine, with a weaker wave of any direction over them.</summary>
internal static class TextureImages
{
    private const ulong Family = 0x5445_5854_5552; // "TEXTUR"
    private const int Directions = 5;

    /// <summary>Number of classes.</summary>
    public const int Classes = 2 * Directions;

    /// <summary>Draws a texture.</summary>
    /// <param name="seed">Number of the image.</param>
    /// <param name="label">Its class, direction first, then coarse or fine.</param>
    /// <param name="size">Height and width in pixels.</param>
    /// <param name="image"><c>[3, size, size]</c>, 0 to 1.</param>
    public static void Draw(ulong seed, int label, int size, float[] image)
    {
        var random = SplitMix64.Of(Family, seed);
        var direction = Math.PI * (label % Directions + 0.6 * random.NextCentred()) / Directions;
        var frequency = (label < Directions ? 3.5 : 7) * (1 + 0.3 * random.NextCentred());
        var texture = new Grating(direction, frequency, 2 * Math.PI * random.NextDouble());
        var other = new Grating(Math.PI * random.NextDouble(), 2 + 8 * random.NextDouble(), 2 * Math.PI * random.NextDouble());
        var grey = 0.35 + 0.3 * random.NextDouble();

        Painting.Fill(ref random, size, image, (column, row) =>
        {
            var (x, y) = ((double)column / size, (double)row / size);
            return grey + 0.10 * texture.At(x, y) + 0.07 * other.At(x, y);
        });
    }
}
