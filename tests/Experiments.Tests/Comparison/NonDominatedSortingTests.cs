using CsCheck;
using Experiments.Comparison;
using Xunit;

namespace Experiments.Tests.Comparison;

public sealed class NonDominatedSortingTests
{
    private static readonly Gen<double[][]> Points = Gen.Int[1, 4].SelectMany(coordinates =>
        Gen.Double[0, 4].Select(Math.Round).Array[coordinates].Array[1, 16]);

    [Fact]
    public void A_point_is_off_the_front_when_another_is_nowhere_worse_and_somewhere_better()
    {
        Assert.Equal([true, true, false, true], NonDominatedSorting.Front([[1, 5], [2, 2], [3, 2], [5, 1]]));
    }

    [Fact]
    public void Equal_points_do_not_beat_each_other()
    {
        Assert.Equal([0, 0, 1, 1], NonDominatedSorting.Ranks([[1, 1], [1, 1], [1, 2], [1, 2]]));
    }

    [Fact]
    public void Fronts_lie_behind_one_another()
    {
        // 1: (1,4) (2,2) (4,1); behind them (2,5) (3,3); behind these (4,5).
        Assert.Equal([0, 2, 1, 0, 1, 0], NonDominatedSorting.Ranks([[1, 4], [4, 5], [3, 3], [2, 2], [2, 5], [4, 1]]));
    }

    [Fact]
    public void An_infinite_coordinate_is_merely_the_worst()
    {
        Assert.Equal([0, 1, 0], NonDominatedSorting.Ranks([[1, double.PositiveInfinity], [2, double.PositiveInfinity], [3, 1]]));
    }

    [Fact]
    public void The_rank_is_the_longest_chain_of_points_that_beat_one_another()
    {
        Points.Sample(points =>
        {
            var ranks = NonDominatedSorting.Ranks(points);
            return points.Select((point, i) => (point, rank: ranks[i])).All(at => at.rank == Depth(at.point, points));
        }, iter: 200);

        static int Depth(double[] point, double[][] points) => points
            .Where(other => IsBeaten(point, other))
            .Select(other => Depth(other, points) + 1)
            .DefaultIfEmpty(0)
            .Max();

        static bool IsBeaten(double[] point, double[] by) =>
            by.Zip(point).All(pair => pair.First <= pair.Second) && !by.SequenceEqual(point);
    }
}
