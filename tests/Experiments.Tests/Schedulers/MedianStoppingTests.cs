using Experiments.Schedulers;
using Experiments.Trials;
using Xunit;

namespace Experiments.Tests.Schedulers;

public sealed class MedianStoppingTests
{
    [Fact]
    public void Ends_a_trial_whose_best_is_worse_than_the_median_of_the_averages()
    {
        var median = With(completed: [1, 2, 3, 4, 5]);

        Assert.True(IsPruned(median, trial: 5, step: 10, 3.001));
        Assert.False(IsPruned(median, trial: 6, step: 10, 3)); // not strictly worse
    }

    [Fact]
    public void An_even_number_has_its_median_halfway()
    {
        var median = With(completed: [1, 2, 3, 4, 5, 6]);

        Assert.True(IsPruned(median, trial: 6, step: 10, 3.501));
        Assert.False(IsPruned(median, trial: 7, step: 10, 3.5));
    }

    [Fact]
    public void The_best_value_so_far_counts_not_the_last()
    {
        var median = With(completed: [1, 2, 3, 4, 5]);

        Assert.False(IsPruned(median, trial: 5, step: 10, 2));
        Assert.False(IsPruned(median, trial: 5, step: 20, 9));
    }

    [Fact]
    public void Averages_are_over_steps_however_often_was_measured()
    {
        var median = Create(new MedianStopping.Options { MinTrials = 1, Checks = 4 }, trials: 3);
        median.Measured(new TrialId(0), 10, 8);
        median.Measured(new TrialId(0), 40, 4);
        median.Measured(new TrialId(0), 100, 1);
        median.Ended(new TrialId(0), TrialState.Completed);

        // To step 40: (10 x 8 + 30 x 4) / 40 = 5. To step 10: 8.
        Assert.True(IsPruned(median, trial: 1, step: 40, 5.001));
        Assert.False(IsPruned(median, trial: 2, step: 10, 8));
        Assert.False(IsPruned(median, trial: 2, step: 40, 5));
    }

    [Fact]
    public void Trials_that_were_pruned_or_failed_do_not_lower_the_bar()
    {
        var median = With(completed: [1, 2, 3, 4, 5], others: 10);

        Assert.True(IsPruned(median, trial: 15, step: 10, 3.001));
    }

    [Fact]
    public void Nothing_ends_before_enough_have_completed_or_before_its_time()
    {
        Assert.False(IsPruned(With(completed: [1, 2, 3, 4]), trial: 4, step: 10, 9));

        var patient = With(completed: [1, 2, 3, 4, 5], minSteps: 20);
        Assert.False(IsPruned(patient, trial: 5, step: 10, 9));
        Assert.True(IsPruned(patient, trial: 5, step: 20, 9));
    }

    [Fact]
    public void A_shorter_trial_says_nothing_of_steps_beyond_its_end()
    {
        var median = new MedianStopping(new MedianStopping.Options());
        for (var number = 0; number < 5; number++)
        {
            median.Add(new ScheduledTrial(new TrialId(number), 0, number < 4 ? 100 : 50));
            median.Measured(new TrialId(number), 10, number);
            median.Ended(new TrialId(number), TrialState.Completed);
        }

        median.Add(new ScheduledTrial(new TrialId(5), 0, 100));
        median.Add(new ScheduledTrial(new TrialId(6), 0, 100));

        Assert.False(IsPruned(median, trial: 5, step: 60, 9)); // four of the five that it takes
        Assert.True(IsPruned(median, trial: 6, step: 50, 9));
    }

    [Fact]
    public void Trials_of_other_groups_do_not_set_the_bar()
    {
        var median = With(completed: [1, 2, 3, 4, 5]);
        median.Add(new ScheduledTrial(new TrialId(99), 1, 100));

        Assert.False(IsPruned(median, trial: 99, step: 10, 9));
    }

    [Fact]
    public void What_is_not_a_number_is_worse_than_any_median()
    {
        Assert.True(IsPruned(With(completed: [1, 2, 3, 4, 5]), trial: 5, step: 10, double.NaN));
        Assert.False(IsPruned(With(completed: [1, 2, double.NaN, double.NaN, double.NaN]), trial: 5, step: 10, double.NaN));
    }

    [Fact]
    public void A_trial_is_measured_at_even_distances()
    {
        Assert.Equal([10, 20, 30, 40, 50, 60, 70, 80, 90], Create(new MedianStopping.Options(), 1).RungsOf(new TrialId(0)));
        Assert.Equal([33, 66], Create(new MedianStopping.Options { Checks = 3 }, 1).RungsOf(new TrialId(0)));
        Assert.Equal(99, Create(new MedianStopping.Options { Checks = 1000 }, 1).RungsOf(new TrialId(0)).Count);
    }

    private static bool IsPruned(MedianStopping median, int trial, int step, double value)
    {
        median.Measured(new TrialId(trial), step, value);
        return median.IsPruned(new TrialId(trial));
    }

    /// <summary>Trials of 100 steps, of which the first completed with these values throughout, and others ended badly.</summary>
    private static MedianStopping With(double[] completed, int others = 0, int minSteps = 0)
    {
        var median = Create(new MedianStopping.Options { MinSteps = minSteps }, completed.Length + others + 3);
        for (var number = 0; number < completed.Length + others; number++)
        {
            var (value, state) = number < completed.Length
                ? (completed[number], TrialState.Completed)
                : (100, number % 2 == 0 ? TrialState.Pruned : TrialState.Failed);
            for (var step = 10; step <= 100; step += 10)
                median.Measured(new TrialId(number), step, value);
            median.Ended(new TrialId(number), state);
        }

        return median;
    }

    private static MedianStopping Create(MedianStopping.Options options, int trials)
    {
        var median = new MedianStopping(options);
        for (var number = 0; number < trials; number++)
            median.Add(new ScheduledTrial(new TrialId(number), 0, 100));
        return median;
    }
}
