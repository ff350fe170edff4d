using Experiments.Schedulers;
using Experiments.Trials;
using Xunit;

namespace Experiments.Tests.Schedulers;

public sealed class RungsTests
{
    [Theory]
    [InlineData(243, 3, 5)]
    [InlineData(59_049, 3, 10)]
    [InlineData(1_594_323, 3, 13)]
    [InlineData(1_000, 10, 3)]
    [InlineData(1_000_000, 10, 6)]
    [InlineData(1_000_000_000, 10, 9)]
    [InlineData(int.MaxValue, 2, 31)]
    public void A_power_of_the_factor_has_a_rung_for_each_smaller_power(int steps, int factor, int count)
    {
        Assert.Equal(count, Rungs.Below(steps, 1, factor).Length);
    }

    [Theory]
    [InlineData(81, 1)]
    [InlineData(82, 2)]
    [InlineData(100, 2)]
    [InlineData(243, 3)]
    [InlineData(2, 1)]
    [InlineData(int.MaxValue, 26_512_144)]
    public void The_least_is_what_four_multiplications_bring_to_the_end(int steps, int least)
    {
        Assert.Equal(least, Rungs.Least(steps, 3));
    }

    [Fact]
    public void Lie_below_the_end_and_there_are_none_where_the_least_is_not()
    {
        Assert.Equal([5, 15, 45], Rungs.Below(100, 5, 3));
        Assert.Equal([5, 15, 45], Rungs.Below(135, 5, 3));
        Assert.Empty(Rungs.Below(5, 5, 3));
    }

    [Fact]
    public void A_report_past_rungs_counts_for_each_of_them_and_the_first_one_stays()
    {
        var record = new RungRecord([1, 3, 9, 27]);

        record.Take(5, 0.7);
        record.Take(5, 0.1);
        record.Take(10, 0.6);
        record.Take(26, 0.5);

        Assert.Equal([0.7, 0.7, 0.6], Enumerable.Range(0, record.Count).Select(rung => record[rung]));
        Assert.Equal(0.5, record.Last);
    }

    [Fact]
    public void A_failure_counts_as_the_worst_at_the_next_rung_only()
    {
        var record = new RungRecord([1, 3, 9]);

        record.Take(1, 0.7);
        record.Fail();

        Assert.Equal([0.7, double.PositiveInfinity], Enumerable.Range(0, record.Count).Select(rung => record[rung]));
    }

    [Fact]
    public void The_best_by_then_may_count_but_not_for_what_is_not_a_number()
    {
        var record = new RungRecord([1, 3, 9, 27], RungValue.Best);

        record.Take(1, 0.7);
        record.Take(2, 0.4);
        record.Take(3, 0.6);
        record.Take(9, double.NaN);
        record.Take(27, 0.5);

        Assert.Equal([0.7, 0.4, double.PositiveInfinity, 0.4], Enumerable.Range(0, record.Count).Select(rung => record[rung]));
    }

    [Fact]
    public void The_mean_over_the_last_third_of_the_steps_may_count()
    {
        var record = new RungRecord([3, 9, 27], RungValue.Mean);

        record.Take(1, 0.9);
        record.Take(2, 0.8);
        record.Take(3, 0.4); // alone in (2, 3]
        foreach (var (step, value) in new[] { (6, 0.6), (7, 0.5), (8, 0.25), (9, 0.0) }) // of which three in (6, 9]
            record.Take(step, value);
        Assert.Equal([0.4, 0.25], Enumerable.Range(0, record.Count).Select(rung => record[rung]));
        Assert.Equal(0.25, record.Last);

        record.Take(12, 1); // 9 stands at the edge of (8, 12]
        record.Take(13, double.NaN);
        Assert.Equal(double.PositiveInfinity, record.Last);
        record.Take(14, 0);
        Assert.Equal(0.5, record.Last);
    }

    [Fact]
    public void Equal_values_rank_by_number_and_what_is_not_finite_comes_last()
    {
        var table = new RungTable();

        foreach (var entry in new[] { Entry(double.PositiveInfinity, 0), Entry(0.5, 2), Entry(0.5, 1), Entry(0.5, 3) })
            table.Insert(entry);

        Assert.Equal(2, table.RankOf(Entry(0.5, 3)));
        Assert.Equal([1, 2, 3, 0], table.BestFirst.Select(entry => entry.Trial.Number));
    }

    [Fact]
    public void The_best_share_is_a_rank_rounded_down_and_holds_nothing_without_a_value()
    {
        var table = new RungTable();
        foreach (var (number, value) in new[] { 1, 1.5, 2, 3 }.Index())
            table.Insert(Entry(value, number));

        Assert.True(table.IsAmongBest(Entry(1, 0), factor: 3));
        Assert.False(table.IsAmongBest(Entry(1.5, 1), factor: 3)); // an interpolated third would lie at 1.5

        var worst = new RungTable();
        for (var number = 0; number < 3; number++)
            worst.Insert(Entry(double.PositiveInfinity, number));
        Assert.False(worst.IsAmongBest(Entry(double.PositiveInfinity, 0), factor: 3));
    }

    private static RungEntry Entry(double value, int trial) => new(value, new TrialId(trial));
}
