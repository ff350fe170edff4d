using Experiments.Schedulers;
using Experiments.Trials;
using Xunit;

namespace Experiments.Tests.Schedulers;

public sealed class AshaStopTests
{
    [Fact]
    public void A_trial_goes_on_where_it_is_among_the_best_third_of_those_before_it()
    {
        var sweep = DrivenSweep.OnOneDevice(Create, 27, 1, 2, 3, 1.5, 0.5, 0.8, 0.9);

        // 0 comes first; 1, 2 and 3 are not the best of two, three and four; 4 is the best of five; of six and of seven two go on, so
        // 5 does and 6 does not; 5 is the second of three at the next rung.
        Assert.Equal([1, 2, 3, 5, 6], sweep.Pruned);
        Assert.Equal([0, 4], sweep.Completed);
    }

    [Fact]
    public void A_report_past_a_rung_counts_for_the_rungs_below_it()
    {
        var scheduler = Create();
        for (var number = 0; number < 4; number++)
            scheduler.Add(new ScheduledTrial(new TrialId(number), 0, 27));

        for (var number = 0; number < 3; number++)
            scheduler.Measured(new TrialId(number), 5, 3 - number);
        scheduler.Measured(new TrialId(3), 1, 2.5);

        Assert.False(scheduler.IsPruned(new TrialId(2)));
        Assert.True(scheduler.IsPruned(new TrialId(3))); // third of four at rung 1, where nobody else was measured
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(9)]
    public void What_is_not_a_number_ends_even_as_the_first(int rung)
    {
        var sweep = new DrivenSweep(Create, [(0, 27)], (_, step) => step == rung ? double.NaN : 1);
        sweep.Run(devices: 1);

        Assert.Equal([0], sweep.Pruned);
    }

    [Fact]
    public void A_failed_trial_counts_as_the_worst()
    {
        var sweep = new DrivenSweep(Create, [.. Enumerable.Repeat((0, 3), 6)], (trial, _) => trial < 4 ? null : trial);
        sweep.Run(devices: 1);

        Assert.Equal([4, 5], sweep.Completed); // 5 is second of six, of which two go on
    }

    [Fact]
    public void A_trial_counts_once_at_a_rung_and_is_not_held_against_itself()
    {
        var scheduler = Create();
        for (var number = 0; number < 5; number++)
            scheduler.Add(new ScheduledTrial(new TrialId(number), 0, 27));
        scheduler.Measured(new TrialId(0), 1, 1);

        scheduler.Measured(new TrialId(0), 1, 9); // the first value stays
        scheduler.Measured(new TrialId(0), 2, 9);
        Assert.False(scheduler.IsPruned(new TrialId(0)));
        for (var number = 1; number < 4; number++)
            scheduler.Measured(new TrialId(number), 1, 5 + number);
        scheduler.Measured(new TrialId(4), 1, 2);

        // The second of five, of which one goes on; six, with 0 counted twice, would let on two.
        Assert.True(scheduler.IsPruned(new TrialId(4)));
    }

    [Fact]
    public void Of_equals_the_earlier_number_goes_on()
    {
        var scheduler = Create();
        for (var number = 0; number < 3; number++)
            scheduler.Add(new ScheduledTrial(new TrialId(number), 0, 27));

        scheduler.Measured(new TrialId(1), 1, 0.5);
        scheduler.Measured(new TrialId(0), 1, 0.5); // before 1, so the best of two
        scheduler.Measured(new TrialId(2), 1, 0.5);

        Assert.Equal([false, false, true], Enumerable.Range(0, 3).Select(number => scheduler.IsPruned(new TrialId(number))));
    }

    [Fact]
    public void Trials_of_other_groups_do_not_compete()
    {
        var sweep = new DrivenSweep(Create, [(0, 3), (1, 3), (0, 3), (1, 3)], (trial, _) => trial);
        sweep.Run(devices: 1);

        Assert.Equal([0, 1], sweep.Completed);
    }

    private static AshaStop Create() => new(new AshaStop.Options { MinSteps = 1 });
}
