namespace Bench.Samplers;

/// <summary>Normal numbers as a function of a seed and a trial, by SplitMix64 and Box and Muller, so that they are the same
/// for every sampler and in any language.</summary>
internal static class Noise
{
    public static double Normal(ulong seed, ulong trial) =>
        Math.Sqrt(-2 * Math.Log(1 - Unit(seed, trial, 1))) * Math.Cos(2 * Math.PI * Unit(seed, trial, 2));

    private static double Unit(params ReadOnlySpan<ulong> key)
    {
        var hash = 0UL;
        foreach (var part in key)
            hash = Mix(hash ^ part);
        return (hash >> 11) * (1.0 / (1UL << 53));
    }

    private static ulong Mix(ulong bits)
    {
        bits += 0x9E3779B97F4A7C15;
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return bits ^ (bits >> 31);
    }
}
