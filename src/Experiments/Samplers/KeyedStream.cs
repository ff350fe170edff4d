using System.Text;

namespace Experiments.Samplers;

/// <summary>
/// Random bits as a function of a key and a counter: SplitMix64 (Steele, Lea, Flood 2014) read at any place. No state is
/// shared or saved, so the n-th draw is the same whatever was drawn before, in whatever order, and after any resume.
/// </summary>
internal readonly struct KeyedStream
{
    private const ulong GoldenGamma = 0x9E3779B97F4A7C15;

    private readonly ulong _key;

    /// <summary>The stream of a purpose, for example a parameter's name, at an index under a seed.</summary>
    public KeyedStream(ulong seed, ulong index, string purpose)
    {
        var hash = 0xCBF29CE484222325UL; // FNV-1a, 64 bits
        foreach (var letter in Encoding.UTF8.GetBytes(purpose))
            hash = (hash ^ letter) * 0x100000001B3;
        _key = Mix(Mix(Mix(seed) + index) ^ hash);
    }

    /// <summary>The 64 bits at a place of the stream.</summary>
    public ulong this[ulong counter] => Mix(_key + (counter + 1) * GoldenGamma);

    /// <summary>A real in [0, 1), of 53 bits.</summary>
    public double Real(ulong counter) => (this[counter] >> 11) * (1.0 / (1UL << 53));

    /// <summary>A whole number in [0, <paramref name="count"/>); no value is favoured by more than count in 2^64.</summary>
    public long Below(long count, ulong counter) => (long)Math.BigMul((ulong)count, this[counter], out _);

    /// <summary>A draw of the standard normal distribution (Box and Muller 1958) from the next two places.</summary>
    public double Normal(ref ulong counter)
    {
        var length = Math.Sqrt(-2 * Math.Log(1 - Real(counter++)));
        return length * Math.Cos(2 * Math.PI * Real(counter++));
    }

    private static ulong Mix(ulong bits)
    {
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return bits ^ (bits >> 31);
    }
}
