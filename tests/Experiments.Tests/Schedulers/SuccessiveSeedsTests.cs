using Experiments.Schedulers;
using Xunit;

namespace Experiments.Tests.Schedulers;

/// <summary>Trials 0, 1, 2 are the seeds of the first configuration, 3, 4, 5 those of the second, and so on.</summary>
public sealed class SuccessiveSeedsTests
{
    [Fact]
    public void Nine_configurations_get_a_seed_three_of_them_two_and_one_three()
    {
        var sweep = DrivenSweep.OnOneDevice(Thirds, 1, seeds: 3, Constant(3, 5, 3, 4, 1, 2, 9, 8, 7, 6));

        // After the third arrival 3 is the best of three; then 1 of four; 2 is second of six. They are three with two seeds: the best
        // of these goes first. The last three configurations bring nine to one seed, of which the best three have gone.
        Assert.Equal("0 3 6 4 9 10 12 15 13 11 18 21 24", Begun(sweep));
        Assert.Equal(13, sweep.Completed.Count());
        Assert.Equal(14, sweep.Pruned.Count());
        Assert.Equal(
            "By mean over 1 seed its configuration is number 4 of 9, of which the best 3 got another.", sweep.WhyPruned(7));
        Assert.Equal(sweep.WhyPruned(7), sweep.WhyPruned(8));
        Assert.Equal(
            "By mean over 2 seeds its configuration is number 3 of 3, of which the best 1 got another.", sweep.WhyPruned(5));
    }

    [Fact]
    public void The_mean_over_the_seeds_decides_and_of_equals_the_earlier_goes_on()
    {
        double[] values =
        [
            1, 5, 0, // mean of two seeds: 3
            2, 4, 0, // 3 as well
            3, 2, 0, // 2.5
            4, 0, 0, 5, 0, 0, 6, 0, 0, 7, 0, 0, 8, 0, 0, 9, 0, 0,
        ];

        var sweep = DrivenSweep.OnOneDevice(Thirds, 1, seeds: 3, values);
        var tied = DrivenSweep.OnOneDevice(Thirds, 1, seeds: 3, [.. values.Select((value, trial) => trial == 7 ? 4 : value)]);

        Assert.Equal("0 3 6 1 9 12 15 4 18 21 24 7 8", Begun(sweep));
        Assert.Equal("0 3 6 1 9 12 15 4 18 21 24 7 2", Begun(tied)); // 3.5 for the third: of two means of 3 the first
    }

    [Fact]
    public void Too_few_to_promote_any_still_bring_the_best_to_all_seeds()
    {
        var sweep = DrivenSweep.OnOneDevice(Thirds, 1, seeds: 4, Constant(4, 2, 1));

        Assert.Equal("0 4 5 6 7", Begun(sweep));
        Assert.Equal(
            "By mean over 1 seed its configuration is number 2 of 2, of which none got another.", sweep.WhyPruned(1));
    }

    [Fact]
    public void Groups_that_are_too_small_bring_their_best_to_all_seeds_side_by_side()
    {
        (int, int)[] trials = [.. Enumerable.Repeat((0, 1), 6), .. Enumerable.Repeat((1, 1), 6)];
        var sweep = new DrivenSweep(Thirds, trials, (trial, _) => trial, seeds: 3);
        sweep.Run(devices: 2);

        Assert.Equal("0 3 6 9 1 7 2 8", Begun(sweep));
    }

    [Fact]
    public void A_failed_trial_counts_as_arrived_with_the_worst_value_and_closes_its_configuration()
    {
        var sweep = new DrivenSweep(
            Thirds, [.. Enumerable.Repeat((0, 1), 9)], (trial, _) => trial == 3 ? null : trial, seeds: 3);
        sweep.Run(devices: 1);

        Assert.Equal("0 3 6 1 2", Begun(sweep)); // three have arrived, so the best of them goes on
        Assert.Equal("t3, another seed of its configuration, failed.", sweep.WhyPruned(4));
        Assert.Equal(sweep.WhyPruned(4), sweep.WhyPruned(5));
    }

    [Fact]
    public void What_is_not_a_number_closes_its_configuration()
    {
        var sweep = DrivenSweep.OnOneDevice(Thirds, 1, seeds: 2, [double.NaN, 1, 2, 2, 3, 3]);

        Assert.Equal("0 2 4 3", Begun(sweep));
        Assert.Equal("t0, another seed of its configuration, came to no number.", sweep.WhyPruned(1));
    }

    [Fact]
    public void A_race_closes_what_is_worse_over_as_many_seeds_as_its_test_needs()
    {
        // Of 8 seeds Wilcoxon's test looks at 6 and 7: p = 1/64 at 6 pairs of one sign, and 0.05 / 2 is enough.
        var sweep = DrivenSweep.OnOneDevice(() => Racing("wilcoxon"), 1, seeds: 8, TwoAndWorse());

        Assert.Equal([.. Enumerable.Range(0, 14)], sweep.Completed);
        Assert.Equal(
            "Over 6 shared seeds its configuration is worse than that of t0 by 1.25 on average "
            + "(one-sided Wilcoxon test, p = 0.016; closed at 0.025).",
            sweep.WhyPruned(14));
    }

    [Fact]
    public void Students_test_looks_from_five_seeds_on()
    {
        // Differences of 1.0 to 1.4: mean 1.2, standard error 0.0707, t = 17 with 4 degrees of freedom.
        var sweep = DrivenSweep.OnOneDevice(() => Racing("t"), 1, seeds: 8, TwoAndWorse());

        Assert.Equal([.. Enumerable.Range(0, 13)], sweep.Completed);
        Assert.Contains(
            "by 1.2 on average (one-sided t test, p = 3.5E-05; closed at 0.017)", sweep.WhyPruned(13), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_race_only_the_rule_closes()
    {
        var sweep = DrivenSweep.OnOneDevice(() => Racing("none"), 1, seeds: 8, TwoAndWorse());

        Assert.Equal(16, sweep.Completed.Count());
    }

    [Fact]
    public void A_race_does_not_close_what_is_no_worse()
    {
        double[] values = [.. Enumerable.Repeat(0.0, 8), 1, -1, 1, -1, 1, -1, 1, -1];

        Assert.Equal(16, DrivenSweep.OnOneDevice(() => Racing("wilcoxon"), 1, seeds: 8, values).Completed.Count());
    }

    [Theory]
    [InlineData("wilcoxon", 5, null)]
    [InlineData("wilcoxon", 6, 5)] // one look, 1/32 <= 0.05
    [InlineData("wilcoxon", 7, 6)] // two looks would have to reach 0.025
    [InlineData("wilcoxon", 10, 7)] // three looks, 1/128 <= 0.0167
    [InlineData("t", 5, null)]
    [InlineData("t", 10, 5)]
    [InlineData("none", 10, null)]
    public void A_race_says_how_many_pairs_it_needs(string test, int seeds, int? pairs) =>
        Assert.Equal(pairs, new SeedRace(test, 0.05).LeastPairs(seeds));

    private static SuccessiveSeeds Thirds() => new(new SuccessiveSeeds.Options());

    private static SuccessiveSeeds Racing(string test) => new(new SuccessiveSeeds.Options { ReductionFactor = 1, Race = test });

    private static double[] Constant(int seeds, params double[] values) => [.. values.SelectMany(value => Enumerable.Repeat(value, seeds))];

    /// <summary>Eight seeds of 0, and eight of 1.0, 1.1, …</summary>
    private static double[] TwoAndWorse() => [.. Enumerable.Range(0, 16).Select(trial => trial < 8 ? 0 : 1 + 0.1 * (trial - 8))];

    private static string Begun(DrivenSweep sweep) => string.Join(' ', sweep.Trace.Select(work => work.Split('>')[0]));
}
