using CsCheck;
using Experiments.Comparison;
using Xunit;

namespace Experiments.Tests.Comparison;

public sealed class ParetoFrontTests
{
    [Fact]
    public void A_point_is_off_the_front_when_another_is_nowhere_worse_and_somewhere_better()
    {
        bool[] front = ParetoFront.Of([[1, 5], [2, 2], [3, 2], [5, 1]]);

        Assert.Equal([true, true, false, true], front);
    }

    [Fact]
    public void Equal_points_do_not_beat_each_other()
    {
        Assert.Equal([true, true], ParetoFront.Of([[1, 1], [1, 1]]));
    }

    [Fact]
    public void Every_point_off_the_front_is_beaten_by_one_on_it()
    {
        Gen.Double[0, 3].Select(Math.Round).Array[3].Array[1, 12].Sample(points =>
        {
            var front = ParetoFront.Of(points);
            var on = points.Where((_, i) => front[i]).ToArray();
            return points.Where((_, i) => !front[i]).All(off => on.Any(point => point.Zip(off).All(pair => pair.First <= pair.Second)));
        });
    }
}
