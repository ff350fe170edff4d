using Experiments.Samplers;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Samplers;

/// <summary>How values of early steps are made comparable with later ones; the numbers are worked by hand.</summary>
public sealed class CurveExtrapolationTests
{
    [Fact]
    public void A_line_is_the_median_of_all_slopes_and_what_diverged_leaves_it_where_it_is()
    {
        // Six slopes of 1 among the first four points, and four of 24.75 and more to the last one.
        Assert.Equal((1, 0), CurveExtrapolation.Line([(1, 1), (2, 2), (3, 3), (4, 4), (5, 100)]));
    }

    [Fact]
    public void A_line_that_falls_is_level()
    {
        Assert.Equal((0, 2), CurveExtrapolation.Line([(1, 3), (2, 2), (3, 1)]));
        Assert.Equal((0, 2), CurveExtrapolation.Line([(1, 3), (1, 2), (1, 1)]));
    }

    [Fact]
    public void What_rests_counts_with_what_those_that_went_on_would_have_made_of_it()
    {
        // From a ninth to a third: y = x - 1. From a third to the end: y = x / 2.
        Observation[] history =
        [
            Curve(0, (1.0 / 9, 3), (1.0 / 3, 2), (1, 1)),
            Curve(1, (1.0 / 9, 5), (1.0 / 3, 4), (1, 2)),
            Curve(2, (1.0 / 9, 7), (1.0 / 3, 6), (1, 3)),
            Curve(3, (1.0 / 9, 4), (1.0 / 3, 3)),
            Curve(4, (1.0 / 9, 9)),
            Curve(5),
        ];

        var carried = CurveExtrapolation.Of(history, 6, parameters: 1);

        Assert.Equal([1, 2, 3, 1.5, 4, null], carried.Select(each => each.Value));
        Assert.All(carried.Take(5), each => Assert.Equal(1, each.Progress));
    }

    [Fact]
    public void Values_are_those_of_the_furthest_step_that_enough_were_measured_at()
    {
        Observation[] history =
        [
            Curve(0, (0.25, 3), (0.5, 2), (1, 9)),
            Curve(1, (0.25, 5), (0.5, 4), (1, 8)),
            Curve(2, (0.25, 7), (0.5, 6)),
            Curve(3, (0.25, 4)),
        ];

        // Two have come to their end, which is too few for a line; three were measured halfway.
        Assert.Equal([2, 4, 6, 3], CurveExtrapolation.Of(history, 4, parameters: 2).Select(each => each.Value));

        // With three parameters four are enough, and these have a quarter in common.
        Assert.Equal([3, 5, 7, 4], CurveExtrapolation.Of(history, 4, parameters: 3).Select(each => each.Value));
    }

    [Fact]
    public void What_nothing_leads_on_from_is_unknown()
    {
        Observation[] history = [Curve(0, (1, 1)), Curve(1, (1, 2)), Curve(2, (1, 3)), Curve(3, (0.1, 0))];

        Assert.Equal([1, 2, 3, null], CurveExtrapolation.Of(history, 4, parameters: 1).Select(each => each.Value));
    }

    [Fact]
    public void What_diverged_in_the_end_stays_the_worst_however_well_it_began()
    {
        Observation[] history =
        [
            Curve(0, (0.5, 1)), Curve(1, (0.5, 2)), Curve(2, (0.5, 3)), Curve(3, (0.5, 0), (1, double.PositiveInfinity)),
        ];

        Assert.Equal([1, 2, 3, double.PositiveInfinity], CurveExtrapolation.Of(history, 4, parameters: 1).Select(each => each.Value));
    }

    [Fact]
    public void The_order_in_which_they_are_told_does_not_matter()
    {
        Observation[] history =
        [
            .. Enumerable.Range(0, 80).Select(index =>
                index % 4 == 0 ? Curve(index, (0.5, index)) : Curve(index, (0.5, index), (1, index * index % 37))),
        ];

        Assert.Equal(
            CurveExtrapolation.Of(history, 80, parameters: 1),
            CurveExtrapolation.Of([.. history.Reverse()], 80, parameters: 1).Reverse());
    }

    [Fact]
    public void Full_values_several_objectives_and_later_observations_stay_as_they_are()
    {
        Observation[] full = [Curve(0, (0.5, 1), (1, 1)), Curve(1, (0.5, 2), (1, 3)), Curve(2)];
        Assert.Same(full, CurveExtrapolation.Of(full, 3, parameters: 1));

        Observation[] several = [Curve(0, (0.5, 1)), Curve(1, (1, 1)) with { Objectives = [1, 2] }];
        Assert.Same(several, CurveExtrapolation.Of(several, 2, parameters: 1));

        Observation[] history = [.. Enumerable.Range(0, 4).Select(index => Curve(index, (0.25, index), (0.5, 10 * index)))];
        var carried = CurveExtrapolation.Of([.. history, Curve(4, (0.25, 1)), Curve(5, (0.25, 2))], 5, parameters: 1);
        Assert.Equal((10.0, 1.0), (carried[4].Value, carried[4].Progress));
        Assert.Equal((2.0, 0.25), (carried[5].Value, carried[5].Progress));
    }

    private static Observation Curve(int index, params (double Progress, double Value)[] measured)
    {
        var configuration = new Configuration([new("x", new ParameterValue.Integer(index))]);
        if (measured.Length == 0)
            return new Observation(index, configuration, null, Failed: false);
        return new Observation(index, configuration, measured[^1].Value, Failed: false, measured[^1].Progress)
        {
            Earlier = [.. measured[..^1].Select(each => new Measurement(each.Progress, each.Value))],
        };
    }
}
