using Experiments.Comparison;
using Experiments.Trials;
using Xunit;

namespace Experiments.Tests.Comparison;

public sealed class BestOfTests
{
    [Fact]
    public void The_expectation_is_over_all_subsets()
    {
        // Of 1 2 4 8: one (15/4); pairs 2 4 4 8 8 8 (34/6); threes 4 8 8 8 (28/4); all 8.
        var curve = BestOfCurve.Curve([1, 2, 4, 8], 4, 0.95);

        Assert.Equal([1, 2, 3, 4], curve.Select(point => point.K));
        Assert.Equal([3.75, 34 / 6.0, 7, 8], curve.Select(point => Math.Round(point.Expected, 12)), (a, b) => Math.Abs(a - b) < 1e-9);
        Assert.All(curve, point => Assert.Equal(1, point.ChanceOfResult, 1e-12));
    }

    [Fact]
    public void The_interval_holds_the_share_of_the_subsets()
    {
        // The best of two is 2 in 1 of 6 pairs, 4 in 2, 8 in 3: the middle half lies between 4 (from 1/6 on) and 8.
        var point = BestOfCurve.Curve([1, 2, 4, 8], 4, 0.5)[1];
        Assert.Equal((4, 8), (point.Low, point.High));

        // Of 90 %, 5 % lie below 2 and above 8.
        point = BestOfCurve.Curve([1, 2, 4, 8], 4, 0.9)[1];
        Assert.Equal((2, 8), (point.Low, point.High));
    }

    [Fact]
    public void Where_less_is_better_the_curve_falls()
    {
        var curve = Curve(new ExampleSweep("perplexity", maximize: false).Entry("lora")
            .Completed([8], index: 0).Completed([2], index: 1).Completed([4], index: 2));

        Assert.Equal([14 / 3.0, 8 / 3.0, 2], curve.Points.Select(point => point.Expected), (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal((2, 8), (curve.Points[0].Low, curve.Points[0].High));
    }

    [Fact]
    public void Configurations_without_a_result_are_drawn_and_never_best()
    {
        var curve = Curve(new ExampleSweep().Entry("lora")
            .Completed([0.5, 0.7], index: 0)
            .Failed(FailureCause.Oom, "Out of memory.", index: 1)
            .Completed([0.9], index: 2).Failed(FailureCause.Nan, "Not finite.", index: 2, seed: 1)
            .Completed([0.8, 1.0], index: 3)
            .Unfinished(TrialState.Running, index: 4));

        // Ended: 0.6, 0.9, and two that failed. Of 6 pairs one has no result, 3 are best at 0.9, 2 at 0.6.
        Assert.Equal((4, 2), (curve.Configurations, curve.WithoutResult));
        Assert.Equal(5 / 6.0, curve.Points[1].ChanceOfResult, 1e-12);
        Assert.Equal((3 * 0.9 + 2 * 0.6) / 5, curve.Points[1].Expected, 1e-12);
    }

    [Fact]
    public void What_breaks_a_constraint_is_best_only_where_nothing_else_is()
    {
        var curve = Curve(new ExampleSweep { OutcomeConstraints = [new("seconds", AtMost: true, 60)] }.Entry("lora")
            .Completed([0.9], index: 0, seconds: 90).Completed([0.6], index: 1).Completed([0.7], index: 2));

        Assert.Equal([(0.9 + 0.6 + 0.7) / 3, (0.6 + 0.7 + 0.7) / 3, 0.7],
            curve.Points.Select(point => point.Expected), (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Fact]
    public void Large_numbers_of_configurations_do_not_overflow()
    {
        var values = Enumerable.Range(1, 3_000).Select(value => (double)value).ToArray();

        // Expected best of k of 1 to n: k (n + 1) / (k + 1).
        var curve = BestOfCurve.Curve(values, values.Length, 0.95);
        Assert.Equal(100 * 3001 / 101.0, curve[99].Expected, 1e-6);
        Assert.Equal(1500 * 3001 / 1501.0, curve[1499].Expected, 1e-6);
    }

    [Fact]
    public void Without_a_result_there_is_no_curve()
    {
        Assert.Empty(Curve(new ExampleSweep().Entry("lora").Unfinished(TrialState.Waiting)).Points);
    }

    private static BestOfCurve Curve(ExampleSweep sweep) => BestOf.Of(sweep.Spec, sweep.Trials).Blocks[0].Entries[0];
}
