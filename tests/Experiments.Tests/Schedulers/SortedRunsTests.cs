using CsCheck;
using Experiments.Schedulers;
using Xunit;

namespace Experiments.Tests.Schedulers;

public sealed class SortedRunsTests
{
    /// <summary>More than fit into one run, in order, against it, and in none, and nearly all of them removed again.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(7919)]
    public void Holds_what_a_sorted_set_holds_in_its_order(int stride)
    {
        const int count = 3_000;
        var runs = new SortedRuns<int>();
        var expected = new SortedSet<int>();

        for (var number = 0; number < count; number++)
        {
            var item = Item(number);
            Assert.True(runs.Add(item));
            Assert.False(runs.Add(item));
            expected.Add(item);
        }

        Check();
        for (var number = 0; number < count; number += number % 7 == 3 ? 2 : 1)
        {
            Assert.True(runs.Remove(Item(number)));
            Assert.False(runs.Remove(Item(number)));
            expected.Remove(Item(number));
        }

        Check();
        runs.RemoveFirst();
        expected.Remove(expected.Min);
        Check();
        runs.Clear();
        Assert.Equal(0, runs.Count);
        Assert.False(runs.Remove(Item(3)));

        int Item(int number) => (number * stride % count + count) % count;

        void Check()
        {
            Assert.Equal(expected, runs.Items);
            Assert.Equal(expected, Enumerable.Range(0, runs.Count).Select(rank => runs[rank]));
            Assert.Equal(Enumerable.Range(0, runs.Count), expected.Select(runs.RankOf));
            Assert.Equal((expected.Min, expected.Max), (runs.First, runs.Last));
        }
    }

    [Fact]
    public void Holds_what_a_sorted_set_holds_whatever_comes_and_goes()
    {
        Gen.Select(Gen.Int[0, 2_500], Gen.Int[0, 3]).Array[4_000].Sample(
            moves =>
            {
                var runs = new SortedRuns<int>();
                var expected = new SortedSet<int>();
                foreach (var (item, move) in moves)
                {
                    if (move > 0)
                        Assert.Equal(expected.Add(item), runs.Add(item));
                    else
                        Assert.Equal(expected.Remove(item), runs.Remove(item));
                }

                Assert.Equal(expected, runs.Items);
                Assert.Equal(expected.Count, runs.Count);
            },
            iter: 20);
    }
}
