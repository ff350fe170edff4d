using Adapters.Tasks.Data;
using Xunit;

namespace Adapters.Tests.Tasks.Data;

public sealed class SplitMix64Tests
{
    [Fact]
    public void Gives_the_published_stream()
    {
        var random = new SplitMix64(1234567);

        ulong[] first = [random.Next(), random.Next(), random.Next(), random.Next(), random.Next()];

        Assert.Equal([6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821], first);
    }

    [Fact]
    public void Depends_on_each_part_and_on_their_order()
    {
        ulong[] firsts = [First(1, 2), First(2, 1), First(1, 3), First(1), First(1, 2, 0), First(0, 1, 2)];

        Assert.Equal(firsts.Length, firsts.Distinct().Count());

        static ulong First(params ReadOnlySpan<ulong> parts)
        {
            var random = SplitMix64.Of(parts);
            return random.Next();
        }
    }

    [Fact]
    public void Draws_whole_numbers_evenly_below_the_count()
    {
        var random = new SplitMix64(5);
        var counts = new int[7];
        for (var i = 0; i < 70_000; i++)
            counts[random.Below(7)]++;

        Assert.All(counts, count => Assert.InRange(count, 9_600, 10_400));
    }
}
