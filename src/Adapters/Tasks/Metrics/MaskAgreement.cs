namespace Adapters.Tasks.Metrics;

/// <summary>How well a predicted mask agrees with the true one, 0 to 1. Two empty masks agree wholly.</summary>
internal static class MaskAgreement
{
    /// <summary>2·|A∩B| / (|A| + |B|).</summary>
    public static double Dice(ReadOnlySpan<bool> predicted, ReadOnlySpan<bool> truth)
    {
        var (both, either, sum) = Count(predicted, truth);
        return either == 0 ? 1 : 2.0 * both / sum;
    }

    /// <summary>|A∩B| / |A∪B|.</summary>
    public static double Jaccard(ReadOnlySpan<bool> predicted, ReadOnlySpan<bool> truth)
    {
        var (both, either, _) = Count(predicted, truth);
        return either == 0 ? 1 : (double)both / either;
    }

    /// <summary>
    /// Harmonic mean of the share of predicted boundary pixels that lie near a true one, and the other way round. A boundary
    /// pixel is inside and has one of its four neighbours outside; the picture's edge counts as outside.
    /// </summary>
    /// <param name="predicted"><c>[height, width]</c></param>
    /// <param name="truth"><c>[height, width]</c></param>
    /// <param name="width">Pixels in a row.</param>
    /// <param name="tolerance">Largest distance between centres that is near, in pixels.</param>
    public static double BoundaryF(ReadOnlySpan<bool> predicted, ReadOnlySpan<bool> truth, int width, double tolerance)
    {
        var (ours, theirs) = (Boundary(predicted, width), Boundary(truth, width));
        if (ours.Count == 0 || theirs.Count == 0)
            return ours.Count == theirs.Count ? 1 : 0;
        var precision = ShareNear(ours, theirs, tolerance);
        var recall = ShareNear(theirs, ours, tolerance);
        return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
    }

    private static (int Both, int Either, int Sum) Count(ReadOnlySpan<bool> predicted, ReadOnlySpan<bool> truth)
    {
        var (both, either, sum) = (0, 0, 0);
        for (var i = 0; i < truth.Length; i++)
        {
            both += predicted[i] && truth[i] ? 1 : 0;
            either += predicted[i] || truth[i] ? 1 : 0;
            sum += (predicted[i] ? 1 : 0) + (truth[i] ? 1 : 0);
        }
        return (both, either, sum);
    }

    private static HashSet<(int X, int Y)> Boundary(ReadOnlySpan<bool> mask, int width)
    {
        var height = mask.Length / width;
        var boundary = new HashSet<(int, int)>();
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
                if (mask[y * width + x] && (x == 0 || y == 0 || x == width - 1 || y == height - 1
                    || !mask[y * width + x - 1] || !mask[y * width + x + 1] || !mask[(y - 1) * width + x] || !mask[(y + 1) * width + x]))
                    boundary.Add((x, y));
        return boundary;
    }

    private static double ShareNear(HashSet<(int X, int Y)> these, HashSet<(int X, int Y)> those, double tolerance)
    {
        var reach = (int)Math.Floor(tolerance);
        var offsets = (from dy in Enumerable.Range(-reach, 2 * reach + 1)
                       from dx in Enumerable.Range(-reach, 2 * reach + 1)
                       where dx * dx + dy * dy <= tolerance * tolerance
                       orderby dx * dx + dy * dy
                       select (dx, dy)).ToArray();
        return these.Count(pixel => Array.Exists(offsets, offset => those.Contains((pixel.X + offset.dx, pixel.Y + offset.dy))))
            / (double)these.Count;
    }
}
