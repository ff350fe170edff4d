namespace Bench.Simulation;

/// <summary>Random numbers as a function of a key, by SplitMix64 (Steele, Lea, Flood 2014): the same in any language.</summary>
internal static class KeyedHash
{
    /// <summary>The finalizer, after a step of the generator.</summary>
    public static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }

    /// <summary>Uniform in [0, 1), of 53 bits.</summary>
    public static double Unit(params ReadOnlySpan<ulong> key)
    {
        var hash = 0UL;
        foreach (var part in key)
            hash = Mix(hash ^ part);
        return (hash >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>Standard normal, by Box and Muller.</summary>
    public static double Normal(ulong a, ulong b, ulong c) =>
        Math.Sqrt(-2 * Math.Log(1 - Unit(a, b, c, 1))) * Math.Cos(2 * Math.PI * Unit(a, b, c, 2));
}
