using Experiments.Comparison;
using Experiments.Sweeps;
using Experiments.Trials;
using Xunit;

namespace Experiments.Tests.Comparison;

public sealed class OutcomeConstraintsTests
{
    private static readonly OutcomeConstraint AtMost8Gb = new("peak_memory_mb", AtMost: true, 8_000);

    [Fact]
    public void A_better_configuration_that_breaks_a_constraint_is_not_chosen()
    {
        var row = Row(new ExampleSweep { OutcomeConstraints = [AtMost8Gb] }.Entry("lora")
            .Completed([0.95, 0.96], index: 0, peak: 9_000_000_000)
            .Completed([0.80, 0.81], index: 1, peak: 8_000_000_000));

        Assert.Equal(1, row.Chosen!.Index);
        Assert.Equal(0, row.Chosen.Violation);
        Assert.Empty(row.Chosen.Violations);
    }

    [Fact]
    public void Not_even_where_the_one_that_keeps_it_has_fewer_seeds()
    {
        var row = Row(new ExampleSweep { OutcomeConstraints = [AtMost8Gb] }.Entry("lora")
            .Completed([0.95, 0.96], index: 0, peak: 9_000_000_000)
            .Completed([0.80], index: 1, peak: 1));

        Assert.Equal(1, row.Chosen!.Index);
    }

    [Fact]
    public void Where_all_break_one_the_least_violation_in_sum_is_chosen_and_said()
    {
        var row = Row(new ExampleSweep { OutcomeConstraints = [AtMost8Gb, new("seconds", AtMost: true, 100)] }.Entry("lora")
            .Completed([0.95], index: 0, peak: 8_000_000_000, seconds: 150) // 0 + 0.5
            .Completed([0.80], index: 1, peak: 9_000_000_000, seconds: 120)); // 0.125 + 0.2

        Assert.Equal(1, row.Chosen!.Index);
        Assert.Equal(0.325, row.Chosen.Violation!.Value, 1e-12);
        Assert.Equal([new("peak_memory_mb <= 8000", 9_000), new("seconds <= 100", 120)], row.Chosen.Violations);
    }

    [Fact]
    public void One_seed_that_breaks_it_is_enough()
    {
        var row = Row(new ExampleSweep { OutcomeConstraints = [new("dice", AtMost: false, 0.8)] }.Entry("lora")
            .Completed([0.9, 0.79], index: 0)
            .Completed([0.81, 0.81], index: 1));

        Assert.Equal(1, row.Chosen!.Index);
    }

    [Fact]
    public void A_metric_that_was_not_reported_keeps_no_constraint()
    {
        var row = Row(new ExampleSweep { OutcomeConstraints = [new("jaccard", AtMost: false, 0.5)] }.Entry("lora").Completed([0.9]));

        Assert.Null(row.Chosen!.Violation);
        Assert.Equal([new("jaccard >= 0.5", null)], row.Chosen.Violations);
    }

    [Fact]
    public void Methods_that_break_one_stand_behind_all_that_keep_it()
    {
        var sweep = new ExampleSweep { OutcomeConstraints = [AtMost8Gb] }
            .Entry("lora").Completed([0.7])
            .Entry("full").Completed([0.9], peak: 16_000_000_000)
            .Entry("dora").Completed([0.8], peak: 9_000_000_000)
            .Entry("mole").Unfinished(TrialState.Waiting);

        var rows = MethodComparison.Of(sweep.Spec, sweep.Trials).Blocks[0].Rows;

        Assert.Equal(["lora", "dora", "full", "mole"], rows.Select(row => row.Entry));
    }

    private static MethodRow Row(ExampleSweep sweep) => MethodComparison.Of(sweep.Spec, sweep.Trials).Blocks[0].Rows[0];
}
