using Experiments.Comparison;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Comparison;

public sealed class TradeOffTests
{
    private static readonly Objective Seconds = new("seconds", Maximize: false);

    [Fact]
    public void The_set_holds_what_nothing_beats_and_the_volume_is_that_of_the_staircase()
    {
        // Shares of the range from best to worst: (0.25, 0) (0, 1) (0.5, 0.25) (1, 1), seen from (1.1, 1.1).
        var tradeOff = Of(new ExampleSweep { Objectives = [Seconds] }
            .Entry("lora").Completed([0.8], seconds: 10).Completed([0.9], index: 1, seconds: 50)
            .Entry("full").Completed([0.7], seconds: 20).Completed([0.5], index: 1, seconds: 50))!;

        Assert.Equal([("lora", 1), ("lora", 0)], tradeOff.ParetoSet.Select(each => (each.Entry, each.Index)));
        Assert.Equal([0.9, 50], tradeOff.ParetoSet[0].Objectives);
        Assert.Equal((0.25 * 0.1 + 0.85 * 1.1) / 1.21, tradeOff.Hypervolume, 1e-12);
        Assert.Equal(["lora", "full"], tradeOff.Entries.Select(entry => entry.Entry));
        Assert.Equal([2, 0], tradeOff.Entries.Select(entry => entry.OnFront));
        Assert.Equal(0.6 * 0.85 / 1.21, tradeOff.Entries[1].Hypervolume, 1e-12);
        Assert.Equal([0.46, 54], tradeOff.Objectives.Select(objective => Math.Round(objective.Reference, 12)));
    }

    [Fact]
    public void What_breaks_a_constraint_takes_no_part()
    {
        var tradeOff = Of(new ExampleSweep { Objectives = [Seconds], OutcomeConstraints = [new("seconds", AtMost: true, 40)] }
            .Entry("lora").Completed([0.8], seconds: 10).Completed([0.9], index: 1, seconds: 50))!;

        Assert.Equal(1, tradeOff.Configurations);
        Assert.Equal(0, Assert.Single(tradeOff.ParetoSet).Index);
    }

    [Fact]
    public void An_objective_in_which_all_are_alike_tells_nothing_apart()
    {
        var tradeOff = Of(new ExampleSweep { Objectives = [Seconds] }
            .Entry("lora").Completed([0.8]).Completed([0.9], index: 1).Completed([0.9], index: 2))!;

        Assert.Equal([1, 2], tradeOff.ParetoSet.Select(each => each.Index));
        Assert.Equal(1, tradeOff.Hypervolume, 1e-12);
    }

    [Fact]
    public void Values_are_means_over_seeds_on_validation()
    {
        var tradeOff = Of(new ExampleSweep { Objectives = [Seconds] }
            .Entry("lora").Completed([0.1, 0.2], validation: 0.75, seconds: 30))!;

        Assert.Equal([0.75, 30], tradeOff.ParetoSet[0].Objectives);
    }

    [Fact]
    public void There_is_none_where_only_the_metric_is_stated()
    {
        Assert.Null(Of(new ExampleSweep().Entry("lora").Completed([0.8])));
    }

    private static TradeOff? Of(ExampleSweep sweep) => MethodComparison.Of(sweep.Spec, sweep.Trials).Blocks[0].TradeOff;
}
