namespace Adapters.Tasks.Data;

/// <summary>A small, fast generator of random numbers whose stream is the same on every machine and runtime.</summary>
/// <remarks>Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators".</remarks>
public struct SplitMix64(ulong state)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private ulong _state = state;

    /// <summary>A generator whose stream depends on each of the parts and on their order.</summary>
    public static SplitMix64 Of(params ReadOnlySpan<ulong> parts)
    {
        var state = 0UL;
        foreach (var part in parts)
            state = Mix(state + Golden) ^ Mix(part);
        return new SplitMix64(state);
    }

    /// <summary>The next 64 bits.</summary>
    public ulong Next() => Mix(_state += Golden);

    /// <summary>A number in [0, 1) with 53 random bits.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A whole number in [0, <paramref name="count"/>).</summary>
    public int Below(int count) => (int)Math.BigMul(Next(), (ulong)count, out _);

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
