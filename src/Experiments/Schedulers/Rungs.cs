namespace Experiments.Schedulers;

/// <summary>The steps at which trials are compared: r, r η, r η², … below the full resource R.</summary>
/// <remarks>By whole-number multiplication: ⌊log R / log η⌋ in floating point loses a rung where R is a power of η.</remarks>
internal static class Rungs
{
    private const int Count = 4;

    /// <summary>The rungs below R, in ascending order; none where r is R or more.</summary>
    public static int[] Below(int steps, int least, int factor)
    {
        var rungs = new List<int>();
        for (long rung = least; rung < steps; rung *= factor)
            rungs.Add((int)rung);
        return [.. rungs];
    }

    /// <summary>The multiples of an interval below R, in ascending order.</summary>
    public static int[] Multiples(int interval, int steps) =>
        [.. Enumerable.Range(1, (steps - 1) / interval).Select(multiple => multiple * interval)];

    /// <summary>The least r whose fourth multiple by η reaches R, at least 1.</summary>
    public static int Least(int steps, int factor)
    {
        long whole = 1;
        for (var rung = 0; rung < Count && whole < steps; rung++)
            whole *= factor;
        return (int)((steps + whole - 1) / whole);
    }
}
