using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>
/// Bicubic resizing as Torch does it (Keys 1981 with a = -0.75, corners not aligned, borders repeated, no antialiasing),
/// but by products with fixed matrices: faster on maps of few channels, and with the same bits each time on a GPU, where
/// the gradient of Torch's own is summed in any order.
/// </summary>
internal static class Bicubic
{
    /// <summary>How much a pixel weighs at a distance, in pixels.</summary>
    public static double Weight(double distance)
    {
        const double a = -0.75;
        var x = Math.Abs(distance);
        return x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1
            : x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
            : 0;
    }

    /// <summary>What takes the pixels of one axis to another number of them, <c>[to, from]</c>.</summary>
    public static Tensor Matrix(long from, long to, Device device)
    {
        var weights = new float[to * from];
        for (var pixel = 0L; pixel < to; pixel++)
        {
            var place = (pixel + 0.5) * from / to - 0.5;
            var first = (long)Math.Floor(place) - 1;
            for (var source = first; source < first + 4; source++)
                weights[pixel * from + Math.Clamp(source, 0, from - 1)] += (float)Weight(place - source);
        }

        return tensor(weights, [to, from], device: device);
    }
}
