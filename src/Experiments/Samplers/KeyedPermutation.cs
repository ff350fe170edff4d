using System.Numerics;

namespace Experiments.Samplers;

/// <summary>
/// An order of 0 … count-1 that a key fixes, without holding it: a Feistel network over the next even number of bits,
/// walked along its cycle until it comes back into the range (Black and Rogaway 2002).
/// </summary>
internal sealed class KeyedPermutation(long count, ulong key)
{
    private const int Rounds = 6;

    private readonly int _halfBits = Math.Max(1, (BitOperations.Log2((ulong)Math.Max(1, count - 1)) + 2) / 2);
    private readonly KeyedStream _rounds = new(key, 0, "permutation");

    /// <summary>The element at a position of the order.</summary>
    public long this[long position]
    {
        get
        {
            var element = (ulong)position;
            do
                element = Scramble(element);
            while (element >= (ulong)count);
            return (long)element;
        }
    }

    private ulong Scramble(ulong element)
    {
        var mask = (1UL << _halfBits) - 1;
        var (left, right) = (element >> _halfBits, element & mask);
        for (var round = 0UL; round < Rounds; round++)
            (left, right) = (right, left ^ (_rounds[(right * Rounds) + round] & mask));
        return (left << _halfBits) | right;
    }
}
