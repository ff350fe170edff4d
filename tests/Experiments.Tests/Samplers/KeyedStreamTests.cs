using CsCheck;
using Experiments.Samplers;
using Xunit;

namespace Experiments.Tests.Samplers;

public sealed class KeyedStreamTests
{
    [Fact]
    public void Reals_are_spread_evenly_over_the_unit_interval()
    {
        var stream = new KeyedStream(1, 2, "x");

        var counts = Enumerable.Range(0, 100_000)
            .CountBy(counter => (int)(stream.Real((ulong)counter) * 20))
            .Select(pair => pair.Value)
            .ToList();

        Assert.Equal(20, counts.Count);
        Assert.All(counts, count => Assert.Equal(5000, count, 300.0));
    }

    [Fact]
    public void Neighbouring_seeds_indices_and_names_have_nothing_in_common()
    {
        ulong[] bits =
        [
            new KeyedStream(1, 1, "a")[0], new KeyedStream(2, 1, "a")[0], new KeyedStream(1, 2, "a")[0],
            new KeyedStream(1, 1, "b")[0], new KeyedStream(1, 1, "a")[1],
        ];

        for (var one = 0; one < bits.Length; one++)
        {
            for (var other = 0; other < one; other++)
                Assert.InRange(ulong.PopCount(bits[one] ^ bits[other]), 16u, 48u);
        }
    }

    [Fact]
    public void Whole_numbers_stay_below_the_count_however_large()
    {
        Gen.Select(Gen.Long[1, long.MaxValue], Gen.ULong).Sample((count, counter) =>
            new KeyedStream(3, 4, "x").Below(count, counter) is >= 0 and var drawn && drawn < count);
    }

    [Fact]
    public void A_permutation_gives_every_element_once()
    {
        Gen.Select(Gen.Int[1, 700], Gen.ULong).Sample((count, key) =>
        {
            var order = new KeyedPermutation(count, key);
            return Enumerable.Range(0, count).Select(position => order[position]).Order().SequenceEqual(
                Enumerable.Range(0, count).Select(element => (long)element));
        }, iter: 200);
    }

    [Fact]
    public void A_permutation_of_more_than_memory_holds_is_known_at_any_place()
    {
        var order = new KeyedPermutation(long.MaxValue, 5);

        var elements = Enumerable.Range(0, 1000).Select(position => order[position]).ToList();

        Assert.Equal(1000, elements.Distinct().Count());
        Assert.All(elements, element => Assert.InRange(element, 0, long.MaxValue - 1));
        Assert.InRange(elements.Average(element => (double)element) / long.MaxValue, 0.45, 0.55);
    }
}
