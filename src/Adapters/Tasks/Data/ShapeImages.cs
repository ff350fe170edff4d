namespace Adapters.Tasks.Data;

/// <summary>
/// Draws what the product's own image bases are pretrained on: regular shapes on a grating, told apart by another grating,
/// by brightness, or by both. What <see cref="LesionImages"/> asks for is not among them: other outlines, other textures.
/// </summary>
internal static class ShapeImages
{
    private const ulong Family = 0x5348_4150_4553; // "SHAPES"

    /// <summary>Draws one to three shapes of any kind and their mask.</summary>
    /// <param name="seed">Number of the image.</param>
    /// <param name="size">Height and width in pixels.</param>
    /// <param name="image"><c>[3, size, size]</c>, 0 to 1.</param>
    /// <param name="mask"><c>[size, size]</c>, 1 inside a shape, else 0.</param>
    public static void Draw(ulong seed, int size, float[] image, byte[] mask)
    {
        var random = SplitMix64.Of(Family, seed);
        var shapes = new Shape[1 + random.Below(3)];
        for (var i = 0; i < shapes.Length; i++)
            shapes[i] = new Shape((ShapeKind)random.Below(Shape.Kinds), ref random);

        var grey = 0.35 + 0.3 * random.NextDouble();
        // Half of the pictures tell their shapes by brightness as well; a clear sign that learning can begin with.
        var contrast = random.Below(2) == 0 ? 0 : (random.Below(2) == 0 ? -1 : 1) * (0.08 + 0.17 * random.NextDouble());
        var coarse = new Grating(2 * Math.PI * random.NextDouble(), 2 + 4 * random.NextDouble(), 2 * Math.PI * random.NextDouble());
        var fine = new Grating(2 * Math.PI * random.NextDouble(), 7 + 8 * random.NextDouble(), 2 * Math.PI * random.NextDouble());
        var (inside, outside) = random.Below(2) == 0 ? (coarse, fine) : (fine, coarse);
        var strength = 0.06 + 0.10 * random.NextDouble();

        Painting.Fill(ref random, size, image, (column, row) =>
        {
            var (x, y) = ((double)column / size, (double)row / size);
            var covered = Array.Exists(shapes, shape => shape.Contains(x, y));
            mask[row * size + column] = covered ? (byte)1 : (byte)0;
            return grey + strength * (covered ? inside : outside).At(x, y) + (covered ? contrast : 0);
        });
    }
}
