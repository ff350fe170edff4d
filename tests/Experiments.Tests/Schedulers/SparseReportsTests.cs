using Experiments.Schedulers;
using Experiments.Trials;
using Xunit;

namespace Experiments.Tests.Schedulers;

/// <summary>
/// Trials that are measured each five steps, whatever rungs there are: a value counts for every rung that it is the first to reach, and
/// for none that has one. Rungs of 27 steps lie at 1, 3 and 9: the value at 5 counts for 1 and 3, that at 10 for 9.
/// </summary>
public sealed class SparseReportsTests
{
    [Fact]
    public void Asha_fills_every_rung_that_is_passed()
    {
        var sweep = Driven(() => new Asha(new Asha.Options { Probes = 0, MinSteps = 1 }), trials: 12, steps: 27, (trial, _) => trial);

        // Each third arrival at rung 1 lets one on, which is at rung 3 then; as soon as three are there 0 goes on.
        Assert.Equal(
            "0>1 1>1 2>1 0>3 3>1 4>1 5>1 1>3 6>1 7>1 8>1 2>3 0>9 9>1 10>1 11>1 3>3 0>27", string.Join(' ', sweep.Trace));
    }

    [Fact]
    public void Hyperband_judges_a_round_by_the_first_value_past_it()
    {
        var sweep = Driven(Hyperband, trials: 9, steps: 9, (trial, step) => step == 5 ? trial : -trial);

        // By 5 the order is 0, 1, 2, and that holds for both rounds; the value at 9 says the contrary and comes too late.
        Assert.Equal(["0>3", "1>3", "2>3", "0>9"], sweep.Trace.Skip(9));
    }

    [Fact]
    public void Asha_stop_judges_at_every_rung_that_is_passed()
    {
        double[] values = [4, 5, 3, 3.5, 2, 3.2];
        var sweep = Driven(() => new AshaStop(new AshaStop.Options { MinSteps = 1 }), trials: 6, steps: 27, (trial, _) => values[trial]);

        // 0 is the first, 1 the second of two, 2 the best of three, 3 the second of four, 4 the best of five: all at 1 as at 3. The last
        // is the third of six. At 9 the others meet again: 0 is the first, 2 the best of two, 4 the best of three.
        Assert.Equal([1, 3, 5], sweep.Pruned);
        Assert.Equal([0, 2, 4], sweep.Completed);
    }

    [Fact]
    public void Populations_compare_by_the_first_value_past_a_generation()
    {
        ITrialScheduler pbt = new PopulationBasedTraining(new() { Interval = 2 });
        foreach (var (number, value) in new[] { 3.0, 1, 2, 4 }.Index())
        {
            pbt.Add(new ScheduledTrial(new TrialId(number), 0, 8));
            pbt.Started(new TrialId(number));
            pbt.Measured(new TrialId(number), 5, value); // for 2 and 4
            pbt.Rested(new TrialId(number), 2);
        }

        var exploit = pbt.Exploitation(_ => 2);

        Assert.Equal((new TrialId(3), new TrialId(1)), (exploit!.Trial, exploit.Donor));
    }

    [Theory]
    [InlineData("mean", 1)] // over the last third of the steps: of step 3 alone
    [InlineData("last", 1)]
    [InlineData("best", 0)]
    public void At_a_rung_a_mean_counts_or_the_last_value_or_the_best_by_then(string counts, int promoted)
    {
        foreach (var scheduler in new ITrialScheduler[]
        {
            new Asha(new Asha.Options { Probes = 0, MinSteps = 3, ValueAtRung = counts }),
            new HyperBand(new HyperBand.Options { MinSteps = 3, ReductionFactor = 3, ValueAtRung = counts }),
        })
        {
            for (var number = 0; number < 3; number++)
            {
                var trial = new TrialId(number);
                scheduler.Add(new ScheduledTrial(trial, 0, 9));
                scheduler.Started(trial);
                scheduler.Measured(trial, 2, number == 0 ? 1 : 9); // 0 is the best on the way, 1 at the rung
                scheduler.Measured(trial, 3, number == 1 ? 4 : 5);
                scheduler.Rested(trial, 3);
            }

            Assert.Equal(new TrialId(promoted), scheduler.Promotion(last: false));
        }
    }

    [Theory]
    [InlineData("asha")]
    [InlineData("hyperband")]
    public void What_is_measured_between_rungs_changes_nothing(string id)
    {
        ITrialScheduler scheduler = id == "asha" ? new Asha(new Asha.Options { Probes = 0, MinSteps = 3 }) : Hyperband();
        for (var number = 0; number < 9; number++)
        {
            var trial = new TrialId(number);
            scheduler.Add(new ScheduledTrial(trial, 0, 9));
            scheduler.Started(trial);
            if (scheduler.RestsAt(trial) == 1)
            {
                scheduler.Measured(trial, 1, number);
                scheduler.Rested(trial, 1);
            }
        }

        for (var number = 0; number < 3; number++)
        {
            if (id == "hyperband")
                scheduler.Promoted(new TrialId(number));
            scheduler.Measured(new TrialId(number), 2, -number); // the last is the best on the way, the first at the rung
            scheduler.Measured(new TrialId(number), 3, number);
            scheduler.Rested(new TrialId(number), 3);
        }

        Assert.Equal(new TrialId(0), scheduler.Promotion(last: false));
    }

    private static HyperBand Hyperband() => new(new HyperBand.Options { MinSteps = 1 });

    private static DrivenSweep Driven(Func<ITrialScheduler> create, int trials, int steps, Func<int, int, double?> valueAt)
    {
        var sweep = new DrivenSweep(create, [.. Enumerable.Repeat((0, steps), trials)], valueAt, every: 5);
        sweep.Run(devices: 1);
        return sweep;
    }
}
