using Experiments.Schedulers;
using Experiments.Trials;
using Xunit;

namespace Experiments.Tests.Schedulers;

public sealed class AshaTests
{
    [Fact]
    public void Promotes_each_third_arrival_where_trials_come_best_first()
    {
        var sweep = DrivenSweep.OnOneDevice(Plain, 27, [.. Enumerable.Range(0, 27).Select(n => (double)n)]);

        Assert.Equal(
            "0>1 1>1 2>1 0>3 3>1 4>1 5>1 1>3 6>1 7>1 8>1 2>3 0>9 9>1 10>1 11>1 3>3 12>1 13>1 14>1 4>3 15>1 16>1 17>1 5>3 1>9 "
            + "18>1 19>1 20>1 6>3 21>1 22>1 23>1 7>3 24>1 25>1 26>1 8>3 2>9 0>27",
            string.Join(' ', sweep.Trace));
        Assert.Equal([0], sweep.Completed);
        Assert.Equal(26, sweep.Pruned.Count());
    }

    [Fact]
    public void Promotes_whatever_is_best_by_then_and_looks_at_the_highest_rung_first()
    {
        var sweep = DrivenSweep.OnOneDevice(Plain, 27, 5, 3, 4, 1, 2, 9);

        // 1 is the best of three; 3 is better than all four; 4 is second of six; then 3 is the best of three at rung 3.
        Assert.Equal("0>1 1>1 2>1 1>3 3>1 3>3 4>1 5>1 4>3 3>9 3>27", string.Join(' ', sweep.Trace));
    }

    [Fact]
    public void Keeps_the_bar_where_promoted_trials_set_it()
    {
        var sweep = DrivenSweep.OnOneDevice(Plain, 3, 0, 1, 2, 3, 4, 0.5);

        Assert.Equal("0>1 1>1 2>1 0>3 3>1 4>1 5>1 5>3", string.Join(' ', sweep.Trace)); // two of six: 0, which has gone, and 5
    }

    [Fact]
    public void A_failed_trial_counts_as_arrived_and_is_never_promoted()
    {
        var sweep = new DrivenSweep(Plain, [(0, 27), (0, 27), (0, 27)], (trial, _) => trial == 1 ? null : trial);
        sweep.Run(devices: 1);

        Assert.Equal("0>1 1>1 2>1 0>3 0>9 0>27", string.Join(' ', sweep.Trace));
        Assert.Equal([2], sweep.Pruned);
    }

    [Fact]
    public void A_trial_that_fails_on_its_way_to_the_next_rung_counts_there()
    {
        var sweep = new DrivenSweep(Plain, [.. Enumerable.Repeat((0, 27), 12)], (trial, step) => (trial, step) is (1, 3) ? null : trial);
        sweep.Run(devices: 1);

        // 0, 1 and 2 are let on from rung 1, and 1 fails: with it three have come to rung 3, so 0 goes on before anything new begins.
        Assert.Equal(["2>3", "0>9", "9>1"], sweep.Trace.SkipWhile(work => work != "2>3").Take(3));
    }

    [Fact]
    public void What_is_rejected_has_not_arrived()
    {
        var asha = Plain();
        for (var number = 0; number < 4; number++)
            asha.Add(new ScheduledTrial(new TrialId(number), 0, 27));

        Rest(asha, 0, 1, 0.5);
        Rest(asha, 1, 1, 0.4);
        asha.Started(new TrialId(2));
        asha.Ended(new TrialId(2), TrialState.Invalid);

        Assert.Null(asha.Promotion(last: false)); // two of three
        Rest(asha, 3, 1, 0.6);
        Assert.Equal(new TrialId(1), asha.Promotion(last: false));
    }

    [Fact]
    public void Of_equals_the_earlier_number_goes_on_whichever_came_first()
    {
        var asha = Plain();
        for (var number = 0; number < 6; number++)
            asha.Add(new ScheduledTrial(new TrialId(number), 0, 27));

        Rest(asha, 2, 1, 0.5);
        Rest(asha, 1, 1, 0.5);
        Rest(asha, 0, 1, 0.5);
        Assert.Equal(new TrialId(0), asha.Promotion(last: false));
        asha.Promoted(new TrialId(0));
        Assert.Null(asha.Promotion(last: false)); // one of three

        Rest(asha, 5, 1, 0.5);
        Rest(asha, 4, 1, 0.5);
        Rest(asha, 3, 1, 0.5);
        Assert.Equal(new TrialId(1), asha.Promotion(last: false)); // two of six
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(9)]
    public void What_is_not_a_number_at_a_rung_goes_no_further(int rung)
    {
        var sweep = new DrivenSweep(
            Plain, [.. Enumerable.Repeat((0, 27), 27)], (trial, step) => trial == 0 && step == rung ? double.NaN : trial);
        sweep.Run(devices: 1);

        Assert.Contains($"0>{rung}", sweep.Trace);
        Assert.DoesNotContain($"0>{rung * 3}", sweep.Trace);
    }

    [Fact]
    public void Trials_of_other_groups_do_not_compete()
    {
        var sweep = new DrivenSweep(Plain, [(0, 3), (1, 3), (0, 3), (1, 3), (1, 3), (0, 3)], (trial, _) => trial);
        sweep.Run(devices: 1);

        Assert.Equal("0>1 1>1 2>1 3>1 4>1 1>3 5>1 0>3", string.Join(' ', sweep.Trace));
    }

    [Fact]
    public void Trials_of_unequal_length_compete_where_they_share_a_rung()
    {
        var sweep = new DrivenSweep(Plain, [(0, 9), (0, 27), (0, 9), (0, 27)], (trial, _) => trial);
        sweep.Run(devices: 1);

        // Of three at rung 1 the best goes on; it is the only one at rung 3.
        Assert.Equal("0>1 1>1 2>1 0>3 3>1 0>9", string.Join(' ', sweep.Trace));
    }

    [Fact]
    public void An_attempt_that_replaces_a_lost_one_rests_where_that_one_was_to_rest()
    {
        var asha = Plain();
        asha.Add(new ScheduledTrial(new TrialId(0), 0, 27));
        asha.Started(new TrialId(0));

        asha.Measured(new TrialId(0), 1, 0.5);

        Assert.Equal(1, asha.RestsAt(new TrialId(0)));
        Assert.Null(asha.Promotion(last: true)); // not before its checkpoint is there
    }

    [Fact]
    public void Brackets_start_higher_up_in_hyperbands_proportions_whatever_else_there_is()
    {
        var (asha, other) = (new Asha(new Asha.Options { Brackets = 5 }), new Asha(new Asha.Options { Brackets = 5 }));
        for (var number = 0; number < 4000; number++)
            asha.Add(new ScheduledTrial(new TrialId(number), 0, 81));
        for (var number = 3999; number >= 0; number -= 7)
            other.Add(new ScheduledTrial(new TrialId(number), 0, 81));

        var counts = Enumerable.Range(0, 4000).CountBy(number => asha.RungsOf(new TrialId(number)).Count)
            .OrderByDescending(count => count.Key).Select(count => count.Value / 4000.0).ToArray();
        foreach (var (share, weight) in counts.Zip([81, 33.75, 15, 7.5, 5]))
            Assert.Equal(weight / 142.25, share, 0.02);
        Assert.All(
            Enumerable.Range(0, 4000).Where(number => (3999 - number) % 7 == 0),
            number => Assert.Equal(asha.RungsOf(new TrialId(number)), other.RungsOf(new TrialId(number))));
    }

    private static void Rest(Asha asha, int number, int step, double value)
    {
        asha.Started(new TrialId(number));
        asha.Measured(new TrialId(number), step, value);
        asha.Rested(new TrialId(number), step);
    }

    private static Asha Plain() => new(new Asha.Options { Probes = 0, MinSteps = 1 });
}
