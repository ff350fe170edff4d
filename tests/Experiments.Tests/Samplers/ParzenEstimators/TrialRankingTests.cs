using Experiments.Samplers;
using Experiments.Samplers.ParzenEstimators;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Samplers.ParzenEstimators;

public sealed class TrialRankingTests
{
    private static readonly Observation[] _history =
    [
        Of(0, 3), Of(1, double.NaN), Of(2, 1), Of(3, null), Of(4, null, failed: true), Of(5, 3), Of(6, double.NegativeInfinity), Of(7, 0),
    ];

    [Fact]
    public void Equals_rank_by_age_and_what_is_not_finite_ranks_last()
    {
        var ranking = Ranking(_history, index: 8);

        Assert.Equal([7, 2, 0, 5, 1, 6], Indices(_history, ranking.ByValue));
        Assert.Equal((6, 4), (ranking.Finished, ranking.Finite));
    }

    [Fact]
    public void What_is_not_finite_ranks_behind_what_broke_limits_or_was_stopped_early()
    {
        Observation[] history = [Of(0, double.NaN), Of(1, 5) with { Violation = 2 }, Of(2, 4) with { Progress = 0.5 }, Of(3, 6)];
        var ranking = Ranking(history, index: 4);

        Assert.Equal([3, 2, 1, 0], Indices(history, ranking.ByValue));
        Assert.Equal((4, 3), (ranking.Finished, ranking.Finite));
    }

    [Fact]
    public void Running_ones_count_by_age_alone_and_failed_ones_if_asked_for()
    {
        Assert.Equal([0, 1, 2, 3, 5, 6, 7], Indices(_history, Ranking(_history, index: 8).ByAge));
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7], Indices(_history, Ranking(_history, index: 8, countFailed: true).ByAge));
    }

    [Fact]
    public void What_came_at_the_index_or_later_is_not_seen()
    {
        Assert.Equal([2, 0, 1], Indices(_history, Ranking(_history, index: 3).ByValue));
    }

    [Fact]
    public void The_order_in_which_they_are_told_does_not_matter()
    {
        Observation[] told = [_history[5], _history[0], _history[7], _history[3], _history[6], _history[1], _history[4], _history[2]];
        var ranking = Ranking(told, index: 8);

        Assert.Equal([7, 2, 0, 5, 1, 6], Indices(told, ranking.ByValue));
        Assert.Equal([0, 1, 2, 3, 5, 6, 7], Indices(told, ranking.ByAge));
    }

    private static TrialRanking Ranking(Observation[] history, int index, bool countFailed = false)
    {
        var ranking = new TrialRanking();
        ranking.Read([.. _history, Of(8, -1)], 9, countFailed: true); // leaves nothing behind
        ranking.Read(history, index, countFailed);
        return ranking;
    }

    private static int[] Indices(Observation[] history, ReadOnlySpan<int> places)
    {
        var indices = new int[places.Length];
        for (var i = 0; i < indices.Length; i++)
            indices[i] = history[places[i]].Index;
        return indices;
    }

    private static Observation Of(int index, double? value, bool failed = false) => new(index, Configuration.Empty, value, failed);
}
