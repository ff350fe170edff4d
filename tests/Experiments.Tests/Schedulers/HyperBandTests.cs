using Experiments.Schedulers;
using Experiments.Trials;
using Xunit;

namespace Experiments.Tests.Schedulers;

public sealed class HyperBandTests
{
    [Fact]
    public void A_bracket_halves_its_trials_round_by_round()
    {
        var sweep = DrivenSweep.OnOneDevice(Create, 27, [.. Enumerable.Range(0, 27).Select(n => (double)n)]);

        // S = 3: 27 to one step, 9 to 3, 3 to 9, 1 to 27.
        Assert.Equal(
            [
                .. Enumerable.Range(0, 27).Select(n => $"{n}>1"), .. Enumerable.Range(0, 9).Select(n => $"{n}>3"),
                "0>9", "1>9", "2>9", "0>27",
            ],
            sweep.Trace);
    }

    [Fact]
    public void Brackets_follow_each_other_and_begin_again_and_the_last_is_settled_with_what_it_has()
    {
        var sweep = DrivenSweep.OnOneDevice(Create, 9, [.. Enumerable.Range(0, 27).Select(n => (double)n)]);

        // S = 2: 9 trials judged at 1 and 3, 5 at 3, 3 not at all; again 9; of the next 5 there is one.
        Assert.Equal(
            "0>1 1>1 2>1 3>1 4>1 5>1 6>1 7>1 8>1 0>3 1>3 2>3 0>9 "
            + "9>3 10>3 11>3 12>3 13>3 9>9 "
            + "14>9 15>9 16>9 "
            + "17>1 18>1 19>1 20>1 21>1 22>1 23>1 24>1 25>1 17>3 18>3 19>3 17>9 "
            + "26>3 26>9",
            string.Join(' ', sweep.Trace));
    }

    [Fact]
    public void Takes_in_the_numbers_of_the_paper()
    {
        var sweep = DrivenSweep.OnOneDevice(Create, 81, [.. Enumerable.Range(0, 143).Select(n => (double)n)]);

        var starts = FirstPieces(sweep).CountBy(to => to).Select(start => (start.Key, start.Value));
        Assert.Equal([("1", 81), ("3", 34), ("9", 15), ("27", 8), ("81", 5)], starts);
    }

    [Theory]
    [InlineData(243, 3, 6)]
    [InlineData(1000, 10, 4)]
    public void A_power_of_the_factor_loses_no_bracket(int steps, int factor, int brackets)
    {
        var sweep = DrivenSweep.OnOneDevice(
            () => new HyperBand(new HyperBand.Options { MinSteps = 1, ReductionFactor = factor }), steps, new double[1160]);

        Assert.Equal(brackets, FirstPieces(sweep).Distinct().Count());
    }

    [Fact]
    public void A_device_that_would_wait_begins_the_next_bracket()
    {
        var sweep = new DrivenSweep(Create, [.. Enumerable.Repeat((0, 9), 12)], (trial, _) => trial);
        for (var turn = 0; turn < 8; turn++)
            sweep.Happen(1, devices: 2); // the first of those that train reports

        // 8 still trains to 1 when 7 rests there.
        Assert.Equal("0>1 1>1 2>1 3>1 4>1 5>1 6>1 7>1 8>1", string.Join(' ', sweep.Trace));
        sweep.Happen(17, devices: 2); // 9 takes the free device, and reports
        Assert.Equal("9>3", sweep.Trace[9]);
    }

    [Fact]
    public void A_trial_that_fails_in_a_round_holds_nobody_up()
    {
        var sweep = new DrivenSweep(
            Create, [.. Enumerable.Repeat((0, 9), 9)], (trial, step) => (trial, step) is (0, 1) or (1, 3) or (2, 9) ? null : trial);
        sweep.Run(devices: 1);

        // 0 fails in the first round: 1, 2 and 3 go on; 1 fails in the second: 2 goes on, and fails at its end.
        Assert.Equal("1>3 2>3 3>3 2>9", string.Join(' ', sweep.Trace.Skip(9)));
    }

    [Fact]
    public void A_trial_that_is_rejected_leaves_its_place_to_another()
    {
        var sweep = new DrivenSweep(Create, [.. Enumerable.Repeat((0, 9), 10)], (trial, _) => trial, rejected: 4);
        sweep.Run(devices: 1);

        Assert.Equal("0>1 1>1 2>1 3>1 4>1 5>1 6>1 7>1 8>1 9>1 0>3 1>3 2>3 0>9", string.Join(' ', sweep.Trace));
    }

    [Fact]
    public void The_place_of_one_that_is_rejected_late_is_filled_before_the_next_bracket_goes_on()
    {
        var sweep = new DrivenSweep(Create, [.. Enumerable.Repeat((0, 9), 12)], (trial, _) => trial, rejected: 8);
        for (var turn = 0; turn < 9; turn++)
            sweep.Happen(1, devices: 2); // the first of those that train reports

        // 8 still trained when 9 began the next bracket; of the first one 8 trials rest when it is rejected.
        Assert.Equal("9>3", sweep.Trace[^1]);
        sweep.Happen(1, devices: 2);
        Assert.Equal("10>1", sweep.Trace[^1]);
    }

    [Fact]
    public void Where_nothing_comes_in_place_of_what_is_rejected_the_bracket_is_settled_without_it()
    {
        var sweep = new DrivenSweep(Create, [.. Enumerable.Repeat((0, 9), 9)], (trial, _) => trial, rejected: 8);
        sweep.Run(devices: 1);

        // Of 8 there is room for 2, and of these for 1.
        Assert.Equal("0>3 1>3 0>9", string.Join(' ', sweep.Trace.Skip(9)));
    }

    [Fact]
    public void A_trial_that_is_cancelled_before_it_goes_on_holds_nobody_up()
    {
        var band = Create();
        for (var number = 0; number < 9; number++)
        {
            band.Add(new ScheduledTrial(new TrialId(number), Group: 0, Steps: 9));
            band.Started(new TrialId(number));
        }

        Rest([.. Enumerable.Range(0, 9)], step: 1);
        band.Ended(new TrialId(1), TrialState.Cancelled);
        band.Promoted(new TrialId(0));
        band.Promoted(new TrialId(2));
        Rest([0, 2], step: 3);

        Assert.Equal(new TrialId(0), band.Promotion(last: false));

        void Rest(int[] numbers, int step)
        {
            foreach (var number in numbers)
            {
                band.Measured(new TrialId(number), step, number);
                band.Rested(new TrialId(number), step);
            }
        }
    }

    [Fact]
    public void What_is_not_a_number_goes_no_further_though_places_stay_empty()
    {
        var sweep = new DrivenSweep(Create, [.. Enumerable.Repeat((0, 9), 9)], (trial, _) => trial < 7 ? double.NaN : trial);
        sweep.Run(devices: 1);

        Assert.Equal("7>3 8>3 7>9", string.Join(' ', sweep.Trace.Skip(9)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(9)]
    public void What_is_not_a_number_at_the_end_of_a_round_goes_no_further(int rung)
    {
        var sweep = new DrivenSweep(
            Create, [.. Enumerable.Repeat((0, 27), 27)], (trial, step) => trial == 0 && step == rung ? double.NaN : trial);
        sweep.Run(devices: 1);

        Assert.Contains($"0>{rung}", sweep.Trace);
        Assert.DoesNotContain($"0>{rung * 3}", sweep.Trace);
    }

    [Fact]
    public void A_round_has_room_for_as_many_as_the_bracket_began_with_allow()
    {
        var sweep = new DrivenSweep(Create, [.. Enumerable.Repeat((0, 27), 27)], (trial, _) => trial < 6 ? trial : double.NaN);
        sweep.Run(devices: 1);

        // Of 27 there is room for 9, and 6 have a value; of 9 for 3, of 3 for 1.
        Assert.Equal(["0>3", "1>3", "2>3", "3>3", "4>3", "5>3", "0>9", "1>9", "2>9", "0>27"], sweep.Trace.Skip(27));
    }

    [Fact]
    public void Of_equals_the_earlier_goes_on()
    {
        var sweep = DrivenSweep.OnOneDevice(Create, 9, new double[9]);

        Assert.Equal(["0>3", "1>3", "2>3", "0>9"], sweep.Trace.Skip(9));
    }

    [Fact]
    public void Trials_of_other_groups_and_lengths_have_brackets_of_their_own()
    {
        var sweep = new DrivenSweep(
            Create, [.. Enumerable.Range(0, 18).Select(trial => trial % 2 == 0 ? (0, 9) : (1, 9)), (0, 3)], (trial, _) => trial);
        sweep.Run(devices: 1);

        // With 16 the nine even ones are there. The last is of 3 steps: its bracket is settled with it alone.
        Assert.Equal(
            "0>3 2>3 4>3 0>9 17>1 1>3 3>3 5>3 1>9 18>1 18>3", string.Join(' ', sweep.Trace.Skip(17)));
    }

    /// <summary>How far each trial goes at first.</summary>
    private static IEnumerable<string> FirstPieces(DrivenSweep sweep) =>
        sweep.Trace.Select(piece => piece.Split('>')).DistinctBy(piece => piece[0]).Select(piece => piece[1]);

    private static ITrialScheduler Create() => new HyperBand(new HyperBand.Options { MinSteps = 1 });
}
