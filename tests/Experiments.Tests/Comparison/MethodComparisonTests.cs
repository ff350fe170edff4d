using System.Collections.Immutable;
using CsCheck;
using Experiments.Comparison;
using Experiments.Reports;
using Experiments.Storage;
using Experiments.Trials;
using Xunit;

namespace Experiments.Tests.Comparison;

public sealed class MethodComparisonTests
{
    private static readonly double[] EightSeeds = [0.870, 0.868, 0.881, 0.875, 0.879, 0.872, 0.866, 0.884];

    [Fact]
    public void Chooses_on_validation_and_shows_the_test_value()
    {
        var sweep = new ExampleSweep().Entry("lora")
            .Completed([0.90, 0.92], validation: 0.80, index: 0) // better on test, which must not count
            .Completed([0.85, 0.87], validation: 0.82, index: 1);

        var row = Rows(sweep)["lora"];

        Assert.Equal(1, row.Chosen!.Index);
        Assert.Equal(0.82, row.Chosen.Validation.Mean);
        Assert.Equal(0.86, row.Test!.Mean, 1e-12);
        Assert.Equal(2, row.ConfigurationsTried);
    }

    [Fact]
    public void Chooses_the_least_where_less_is_better()
    {
        var sweep = new ExampleSweep("perplexity", maximize: false).Entry("lora")
            .Completed([12, 13], index: 0)
            .Completed([9, 10], index: 1);

        Assert.Equal(1, Rows(sweep)["lora"].Chosen!.Index);
    }

    [Fact]
    public void A_configuration_that_failed_on_a_seed_does_not_win_by_the_seeds_it_survived()
    {
        var sweep = new ExampleSweep().Entry("lora")
            .Completed([0.95, 0.95], index: 0).Failed(FailureCause.Nan, "The loss is not finite.", index: 0, seed: 2)
            .Completed([0.80, 0.81, 0.82], index: 1);

        var row = Rows(sweep)["lora"];

        Assert.Equal(1, row.Chosen!.Index);
        Assert.Equal(1, row.Failures[FailureCause.Nan]);
    }

    [Fact]
    public void Says_how_many_seeds_stand_behind_a_number_and_compares_the_shared_ones()
    {
        var sweep = new ExampleSweep()
            .Entry("lora").Completed([0.80, 0.82, 0.84], index: 0)
                .Completed([0.95], index: 1)
                .Unfinished(TrialState.Pruned, index: 1, seed: 1).Unfinished(TrialState.Pruned, index: 1, seed: 2)
            .Entry("conv-lora").Completed([0.85, 0.86], index: 0).Unfinished(TrialState.Pruned, index: 0, seed: 2);

        var rows = Rows(sweep);

        Assert.Equal((0, 3), (rows["lora"].Chosen!.Index, rows["lora"].Test!.Count)); // not the one with a single lucky seed
        Assert.Equal(2, rows["conv-lora"].Test!.Count);
        Assert.Equal((2, 0.045), (rows["conv-lora"].AgainstReference!.Difference.Count, Math.Round(
            rows["conv-lora"].AgainstReference!.Difference.Mean, 6)));
    }

    [Fact]
    public void Of_equal_configurations_the_first_stands()
    {
        var sweep = new ExampleSweep().Entry("lora")
            .Completed([0.8, 0.8], index: 1)
            .Completed([0.8, 0.8], index: 0);

        Assert.Equal(0, Rows(sweep)["lora"].Chosen!.Index);
    }

    [Fact]
    public void A_value_that_is_not_finite_is_no_value()
    {
        var sweep = new ExampleSweep().Entry("lora").Completed([double.NaN, double.PositiveInfinity]);

        var row = Rows(sweep)["lora"];

        Assert.Null(row.Chosen);
        Assert.Null(row.Test);
    }

    [Fact]
    public void Differences_are_taken_seed_by_seed()
    {
        var sweep = new ExampleSweep()
            .Entry("lora").Completed(EightSeeds)
            .Entry("conv-lora").Completed([.. EightSeeds.Select((value, seed) => value + 0.010 + 0.001 * (seed % 3))]);

        var against = Rows(sweep)["conv-lora"].AgainstReference!;

        // 0.010 three times, 0.011 three times, 0.012 twice: mean 0.010875, sd 0.000834523
        Assert.Equal(8, against.Difference.Count);
        Assert.Equal(0.010875, against.Difference.Mean, 1e-12);
        Assert.Equal(0.010875 / 0.000834523, against.EffectSize!.Value, 1e-3);
        Assert.Equal(2.0 / 256, against.PermutationP);
        Assert.Equal(2.0 / 256, against.WilcoxonP!.Value, 1e-12);
        Assert.Equal(Verdict.Better, against.Verdict);
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(-0.3)]
    public void Differences_that_are_equal_but_for_rounding_do_not_vary(double difference)
    {
        var sweep = new ExampleSweep()
            .Entry("lora").Completed(EightSeeds).Entry("mole").Completed([.. EightSeeds.Select(value => value + difference)]);

        var against = Rows(sweep)["mole"].AgainstReference!;

        Assert.Equal(difference, against.Difference.Mean, 1e-12);
        Assert.Equal((0.0, IntervalKind.Constant), (against.Difference.StandardDeviation, against.Difference.Interval!.Kind));
        Assert.Null(against.EffectSize);
        Assert.Equal(2.0 / 256, against.HolmP);
        Assert.Equal(difference > 0 ? Verdict.Better : Verdict.Worse, against.Verdict);
    }

    [Fact]
    public void Differences_that_are_zero_but_for_rounding_are_zero()
    {
        // 0.1 + 0.2 is not quite 0.3 in binary.
        var sweep = new ExampleSweep().Entry("lora").Completed([.. Enumerable.Repeat(0.3, 8)])
            .Entry("mole").Completed([.. Enumerable.Repeat(0.1 + 0.2, 8)]);

        var against = Rows(sweep)["mole"].AgainstReference!;

        Assert.Equal((0.0, null, 1.0, 1.0), (against.Difference.Mean, against.EffectSize, against.HolmP, against.WilcoxonP));
        Assert.Equal(Verdict.NotDistinguishable, against.Verdict);
    }

    [Fact]
    public void Only_shared_seeds_are_paired()
    {
        var sweep = new ExampleSweep()
            .Entry("lora").Completed([0.5, 0.6, 0.7])
            .Entry("mole").Completed([0.6, 0.7]);

        Assert.Equal(2, Rows(sweep)["mole"].AgainstReference!.Difference.Count);
    }

    [Fact]
    public void Below_five_pairs_there_is_no_p_value_and_no_claim()
    {
        var sweep = new ExampleSweep()
            .Entry("lora").Completed([0.50, 0.51, 0.52, 0.50])
            .Entry("mole").Completed([0.90, 0.91, 0.93, 0.90]);

        var against = Rows(sweep)["mole"].AgainstReference!;

        Assert.Equal((null, null, null), (against.PermutationP, against.HolmP, against.WilcoxonP));
        Assert.Equal(Verdict.TooFewSeeds, against.Verdict);
        Assert.Equal(IntervalKind.T, against.Difference.Interval!.Kind);
    }

    [Fact]
    public void Five_pairs_of_one_sign_are_not_enough_to_claim_a_difference()
    {
        var sweep = new ExampleSweep()
            .Entry("lora").Completed([0.50, 0.51, 0.52, 0.50, 0.53])
            .Entry("mole").Completed([0.90, 0.91, 0.93, 0.90, 0.92]);

        var against = Rows(sweep)["mole"].AgainstReference!;

        Assert.Equal(0.0625, against.PermutationP);
        Assert.False(against.Difference.Interval!.HoldsZero);
        Assert.Equal(Verdict.NotDistinguishable, against.Verdict);
    }

    [Fact]
    public void The_correction_is_over_the_block()
    {
        var better = EightSeeds.Select((value, seed) => value + 0.02 + 0.001 * seed).ToArray();
        var worse = EightSeeds.Select((value, seed) => value - 0.02 - 0.001 * seed).ToArray();
        var unclear = EightSeeds.Select((value, seed) => value + (seed % 2 == 0 ? 0.01 : -0.01)).ToArray();
        var sweep = new ExampleSweep().Entry("lora").Completed(EightSeeds)
            .Entry("a").Completed(better).Entry("b").Completed(worse).Entry("c").Completed(unclear);

        var comparison = MethodComparison.Of(sweep.Spec, sweep.Trials).Blocks[0];
        var rows = comparison.Rows.ToDictionary(row => row.Entry, row => row.AgainstReference);

        Assert.Equal(3, comparison.Comparisons);
        Assert.Equal(3 * 2.0 / 256, rows["a"]!.HolmP!.Value, 1e-12);
        Assert.Equal(Verdict.Better, rows["a"]!.Verdict);
        Assert.Equal(Verdict.Worse, rows["b"]!.Verdict);
        Assert.Equal(Verdict.NotDistinguishable, rows["c"]!.Verdict);
        Assert.Null(rows["lora"]);
    }

    [Fact]
    public void Less_is_better_where_the_block_says_so()
    {
        var sweep = new ExampleSweep("perplexity", maximize: false)
            .Entry("lora").Completed([.. EightSeeds.Select(value => value + 10)])
            .Entry("longlora").Completed([.. EightSeeds.Select((value, seed) => value + 9 + 0.01 * seed)]);

        Assert.Equal(Verdict.Better, Rows(sweep)["longlora"].AgainstReference!.Verdict);
        Assert.Equal("longlora", MethodComparison.Of(sweep.Spec, sweep.Trials).Blocks[0].Rows[0].Entry);
    }

    [Fact]
    public void The_untouched_base_is_a_row_like_any_other()
    {
        var sweep = new ExampleSweep()
            .Entry("base").Completed([.. Enumerable.Repeat(0.41, 6)], trainable: 0, seconds: 2)
            .Entry("lora").Completed([0.80, 0.82, 0.81, 0.83, 0.79, 0.80]);

        var row = Rows(sweep)["base"];

        Assert.Equal((0.41, 0.0, IntervalKind.Constant), (row.Test!.Mean, row.Test.StandardDeviation, row.Test.Interval!.Kind));
        Assert.Equal((0L, 90_000L), (row.TrainableParameters, row.TotalParameters));
        Assert.Equal(2.0 / 64, row.AgainstReference!.HolmP);
        Assert.Equal(Verdict.Worse, row.AgainstReference.Verdict);
        Assert.True(row.OnParetoFront); // nothing trains less
    }

    [Fact]
    public void A_block_without_the_reference_is_compared_with_nothing()
    {
        var sweep = new ExampleSweep(reference: "absent").Entry("lora").Completed([0.5, 0.6]);

        var block = MethodComparison.Of(sweep.Spec, sweep.Trials).Blocks[0];

        Assert.Null(block.Reference);
        Assert.Null(block.Rows[0].AgainstReference);
    }

    [Fact]
    public void Dominated_methods_are_off_the_front()
    {
        var sweep = new ExampleSweep()
            .Entry("lora").Completed([0.8, 0.8], seconds: 10, trainable: 100, peak: 1000)
            .Entry("full").Completed([0.7, 0.7], seconds: 20, trainable: 9000, peak: 2000)
            .Entry("mole").Completed([0.9, 0.9], seconds: 30, trainable: 200, peak: 1500);

        var block = MethodComparison.Of(sweep.Spec, sweep.Trials).Blocks[0];

        Assert.Equal(["dice", "trainable", "peak", "time"], block.ParetoAxes);
        Assert.Equal(["mole", "lora"], block.Rows.Where(row => row.OnParetoFront).Select(row => row.Entry));
    }

    [Fact]
    public void Unlike_devices_are_neither_averaged_nor_compared()
    {
        var sweep = new ExampleSweep()
            .Entry("lora").Completed([0.8, 0.8], device: "cuda:0", seconds: 10).Failed(FailureCause.Oom, "Out of memory.", index: 1)
            .Entry("full").Completed([0.7], device: "cpu:0", seconds: 100);

        var block = MethodComparison.Of(sweep.Spec, sweep.Trials).Blocks[0];

        Assert.Equal(["dice", "trainable"], block.ParetoAxes);
        Assert.Equal([new DeviceCost("cuda", 2, TimeSpan.FromSeconds(10), 1_000_000)], block.Rows[0].Costs);
    }

    [Fact]
    public void An_entry_without_a_result_is_listed_last()
    {
        var sweep = new ExampleSweep()
            .Entry("mole").Unfinished(TrialState.Waiting)
            .Entry("lora").Completed([0.8]);

        var rows = MethodComparison.Of(sweep.Spec, sweep.Trials).Blocks[0].Rows;

        Assert.Equal(["lora", "mole"], rows.Select(row => row.Entry));
        Assert.Equal(0, rows[1].ConfigurationsTried);
        Assert.Equal(1, rows[1].Trials[TrialState.Waiting]);
    }

    [Fact]
    public void The_order_in_which_trials_arrive_changes_no_digit()
    {
        var sweep = new ExampleSweep().Entry("base").Completed([0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4])
            .Entry("lora").Completed(EightSeeds).Completed([.. EightSeeds.Select(value => value * value)], index: 1)
            .Prepared("base/sam-nano");
        var expected = Json(sweep, sweep.Trials);

        Gen.Shuffle(sweep.Trials.ToArray()).Sample(shuffled => Json(sweep, shuffled) == expected, iter: 20);
    }

    private static string Json(ExampleSweep sweep, IReadOnlyList<TrialRow> trials) =>
        ReportJson.Of(MethodComparison.Of(sweep.Spec, trials));

    private static ImmutableDictionary<string, MethodRow> Rows(ExampleSweep sweep) =>
        MethodComparison.Of(sweep.Spec, sweep.Trials).Blocks[0].Rows.ToImmutableDictionary(row => row.Entry);
}
