using CsCheck;
using Experiments.Comparison;
using Xunit;

namespace Experiments.Tests.Comparison;

public sealed class HypervolumeTests
{
    [Fact]
    public void Of_two_objectives_it_is_the_area_under_the_staircase()
    {
        // Columns 1 to 2, 2 to 3, 3 to 4 wide, up to 4: heights 1, 2, 3.
        Assert.Equal(1 + 2 + 3, Hypervolume.Of([[2, 2], [3, 1], [1, 3]], [4, 4]));
    }

    [Fact]
    public void Of_three_objectives_overlaps_count_once()
    {
        // Two boxes of 1·2·2 = 4 and 2·1·2 = 4 that share 1·1·2 = 2.
        Assert.Equal(6, Hypervolume.Of([[1, 0, 0], [0, 1, 0]], [2, 2, 2]));
    }

    [Fact]
    public void Of_four_objectives_overlaps_count_once()
    {
        // Three boxes of 2·2·2·1 = 8; each pair shares 4, all three 2: 24 - 12 + 2.
        Assert.Equal(14, Hypervolume.Of([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]], [2, 2, 2, 2]));
    }

    [Theory]
    [InlineData(5, 0)]
    [InlineData(4, 1)]
    public void A_point_that_does_not_beat_the_reference_adds_nothing(double x, double y)
    {
        Assert.Equal(4, Hypervolume.Of([[2, 2], [x, y], [double.PositiveInfinity, 0]], [4, 4]));
    }

    [Fact]
    public void Nothing_dominates_nothing() => Assert.Equal(0, Hypervolume.Of([], [1, 1, 1]));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void On_whole_numbers_it_counts_the_cells_that_are_dominated(int coordinates)
    {
        const int edge = 4;
        double[] reference = [.. Enumerable.Repeat((double)edge, coordinates)];
        Gen.Int[0, edge].Select(value => (double)value).Array[coordinates].Array[0, 10].Sample(
            points => Assert.Equal(Cells(points, coordinates, edge), Hypervolume.Of(points, reference)),
            iter: 60);

        static int Cells(double[][] points, int coordinates, int edge) =>
            Enumerable.Range(0, (int)Math.Pow(edge, coordinates)).Count(cell =>
            {
                var corner = Enumerable.Range(0, coordinates).Select(k => cell / (int)Math.Pow(edge, k) % edge).ToArray();
                return points.Any(point => point.Zip(corner).All(pair => pair.First <= pair.Second));
            });
    }
}
