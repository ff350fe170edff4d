using Experiments.Schedulers;
using Experiments.Trials;
using Xunit;

namespace Experiments.Tests.Schedulers;

public sealed class RungTableTests
{
    /// <summary>More than fit into one run, in an order and with values of which many are equal.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(7919)]
    public void Ranks_as_a_sorted_list_does(int stride)
    {
        const int count = 3_000;
        var table = new RungTable();
        var sorted = new List<RungEntry>();

        for (var number = 0; number < count; number++)
        {
            var value = ((number * stride) % count + count) % count / 3;
            var entry = new RungEntry(value, new TrialId(number));
            sorted.Insert(~sorted.BinarySearch(entry), entry);
            table.Insert(entry);
            Assert.Equal(sorted.BinarySearch(entry), table.RankOf(entry));
            Assert.Equal(sorted.BinarySearch(entry) < sorted.Count / 3, table.IsAmongBest(entry, factor: 3));
        }

        Assert.Equal(count, table.Count);
        Assert.Equal(sorted, table.BestFirst);
        Assert.True(table.IsAmongBest(sorted[999], factor: 3));
        Assert.False(table.IsAmongBest(sorted[1000], factor: 3));
    }

    [Fact]
    public void What_is_not_finite_is_among_the_best_of_nothing()
    {
        var table = new RungTable();
        var infinite = new RungEntry(double.PositiveInfinity, new TrialId(0));

        table.Insert(infinite);

        Assert.Equal(0, table.RankOf(infinite));
        Assert.False(table.IsAmongBest(infinite, factor: 1));
    }
}
