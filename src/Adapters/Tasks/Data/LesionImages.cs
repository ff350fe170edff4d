namespace Adapters.Tasks.Data;

/// <summary>
/// Draws images with irregular blobs ("lesions") that differ from their surroundings by texture: the boundary is local
/// structure, while the mean contrast has a random sign, so no threshold finds it.
/// </summary>
/// <remarks>Each image is a function of (seed, size, look). The order of the draws is part of the definition.</remarks>
internal static class LesionImages
{
    /// <summary>Draws one image and its mask.</summary>
    /// <param name="seed">Number of the image.</param>
    /// <param name="size">Height and width in pixels.</param>
    /// <param name="image"><c>[3, size, size]</c>, 0 to 1.</param>
    /// <param name="mask"><c>[size, size]</c>, 1 inside a lesion, else 0.</param>
    /// <param name="look">How lesions and light look; plain where absent.</param>
    public static void Draw(ulong seed, int size, float[] image, byte[] mask, LesionLook? look = null)
    {
        look ??= LesionLook.Plain;
        var random = Stream(seed);
        var lesions = Lesions(ref random, look.Scale);
        var grey = 0.35 + 0.3 * random.NextDouble();
        var contrast = 0.10 * (2 * random.NextDouble() - 1);
        var background = new WaveTexture(ref random, lowest: 2, range: 3);
        var inside = new WaveTexture(ref random, lowest: 9 / look.Scale, range: 5 / look.Scale);

        Painting.Fill(ref random, size, image, (column, row) =>
        {
            var (x, y) = ((double)column / size, (double)row / size);
            var lesion = IsInside(lesions, x, y);
            mask[row * size + column] = lesion ? (byte)1 : (byte)0;
            return grey + 0.10 * (lesion ? inside : background).At(x, y) + (lesion ? contrast : 0);
        });
        if (look.IsDimmed)
            for (var i = 0; i < image.Length; i++)
                image[i] = (float)(look.Gain * image[i] + look.Offset);
    }

    /// <summary>Draws the mask of a plain image alone, which is the quicker part.</summary>
    /// <inheritdoc cref="Draw"/>
    public static void Outline(ulong seed, int size, byte[] mask)
    {
        var random = Stream(seed);
        var lesions = Lesions(ref random, scale: 1);
        for (var i = 0; i < mask.Length; i++)
            mask[i] = IsInside(lesions, (double)(i % size) / size, (double)(i / size) / size) ? (byte)1 : (byte)0;
    }

    private static SplitMix64 Stream(ulong seed) => new(unchecked(seed * 2654435761UL + 1));

    private static Lesion[] Lesions(ref SplitMix64 random, double scale)
    {
        var lesions = new Lesion[1 + (int)(3 * random.NextDouble())];
        for (var i = 0; i < lesions.Length; i++)
            lesions[i] = new Lesion(ref random, scale);
        return lesions;
    }

    private static bool IsInside(Lesion[] lesions, double x, double y)
    {
        foreach (var lesion in lesions)
            if (lesion.Contains(x, y))
                return true;
        return false;
    }

    /// <summary>A blob around a centre whose radius varies with the angle.</summary>
    private readonly struct Lesion
    {
        private const int FirstHarmonic = 2, LastHarmonic = 5;
        private readonly double _x, _y, _radius;
        private readonly (double Amplitude, double Phase)[] _harmonics = new (double, double)[LastHarmonic - FirstHarmonic + 1];

        public Lesion(ref SplitMix64 random, double scale)
        {
            _x = 0.2 + 0.6 * random.NextDouble();
            _y = 0.2 + 0.6 * random.NextDouble();
            _radius = scale * (0.06 + 0.14 * random.NextDouble());
            for (var m = FirstHarmonic; m <= LastHarmonic; m++)
                _harmonics[m - FirstHarmonic] = (0.25 * random.NextDouble() / m, 2 * Math.PI * random.NextDouble());
        }

        public bool Contains(double x, double y)
        {
            var (dx, dy) = (x - _x, y - _y);
            var distance = Math.Sqrt(dx * dx + dy * dy);
            if (distance >= 1.4 * _radius) // the amplitudes sum to less than 0.33
                return false;
            var angle = Math.Atan2(dy, dx);
            var reach = 1.0;
            for (var m = FirstHarmonic; m <= LastHarmonic; m++)
                reach += _harmonics[m - FirstHarmonic].Amplitude * Math.Cos(m * angle + _harmonics[m - FirstHarmonic].Phase);
            return distance < _radius * reach;
        }
    }
}
