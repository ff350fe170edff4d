namespace Experiments.Samplers.ParzenEstimators;

/// <summary>
/// A width for each kernel on the unit interval: the distance to the farther of its two neighbours (Bergstra et al. 2011,
/// section 4), so that a density is sharp where observations crowd and broad where there are few. It is never below
/// 1/(2 (n + 2)) for n observations, of which more than 98 count as 98.
/// </summary>
internal static class NeighbourRule
{
    private const int MostCounted = 98;
    private const int MostOnStack = 1024;

    /// <summary>Fills in the bandwidths. The first and the last have one neighbour; an observation alone has the ends of the
    /// interval.</summary>
    /// <param name="places">Places in [0, 1].</param>
    /// <param name="bandwidths">One a place.</param>
    public static void Fill(ReadOnlySpan<double> places, Span<double> bandwidths)
    {
        var count = places.Length;
        if (count == 1)
        {
            bandwidths[0] = Math.Max(places[0], 1 - places[0]);
            return;
        }

        Span<double> sorted = count <= MostOnStack ? stackalloc double[count] : new double[count];
        Span<int> order = count <= MostOnStack ? stackalloc int[count] : new int[count];
        Sort(places, sorted, order);

        var least = 0.5 / (Math.Min(MostCounted, count) + 2);
        var before = 0.0;
        for (var rank = 0; rank < count; rank++)
        {
            var after = rank + 1 < count ? sorted[rank + 1] - sorted[rank] : 0;
            bandwidths[order[rank]] = Math.Max(least, Math.Max(before, after));
            before = after;
        }
    }

    /// <summary>Sorts into as many buckets as there are places, most of which hold few.</summary>
    private static void Sort(ReadOnlySpan<double> places, Span<double> sorted, Span<int> order)
    {
        var count = places.Length;
        Span<int> ends = count <= MostOnStack ? stackalloc int[count + 1] : new int[count + 1];
        ends.Clear();
        foreach (var place in places)
            ends[Bucket(place) + 1]++;
        for (var bucket = 0; bucket < count; bucket++)
            ends[bucket + 1] += ends[bucket];
        for (var i = 0; i < count; i++)
        {
            var at = ends[Bucket(places[i])]++;
            (sorted[at], order[at]) = (places[i], i);
        }

        var start = 0;
        for (var bucket = 0; bucket < count; bucket++)
        {
            var end = ends[bucket];
            if (end - start > 1)
                sorted[start..end].Sort(order[start..end]);
            start = end;
        }

        int Bucket(double place) => Math.Min((int)(place * count), count - 1);
    }
}
