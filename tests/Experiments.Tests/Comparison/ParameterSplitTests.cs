using Experiments.Comparison;
using Experiments.Sweeps;
using Experiments.Trials;
using Xunit;

namespace Experiments.Tests.Comparison;

public sealed class ParameterSplitTests
{
    [Fact]
    public void Each_value_stands_for_itself_with_the_best_of_its_configurations()
    {
        var block = Compare(
            new ExampleSweep()
                .Entry("lora")
                    .Completed([0.80, 0.82], index: 0, configuration: Of(("rank", 8), ("steps", 100)))
                    .Completed([0.70, 0.72], index: 1, configuration: Of(("rank", 16), ("steps", 100)))
                    .Completed([0.84, 0.86], index: 2, configuration: Of(("rank", 16), ("steps", 200)))
                .Entry("base").Completed([0.4, 0.4], configuration: Configuration.Empty),
            "rank");

        Assert.Equal(
            [("lora rank 16", 0.85, 2), ("lora rank 8", 0.81, 1), ("base", 0.4, 1)],
            block.Rows.Select(row => (row.Entry, Math.Round(row.Test!.Mean, 9), row.ConfigurationsTried)));
    }

    [Fact]
    public void The_least_value_of_the_reference_is_what_others_are_compared_with()
    {
        var block = Compare(
            new ExampleSweep()
                .Entry("lora")
                    .Completed([0.84, 0.86], index: 0, configuration: Of(("rank", 16)))
                    .Completed([0.80, 0.82], index: 1, configuration: Of(("rank", 2))),
            "rank");

        Assert.Equal("lora rank 2", block.Reference);
        Assert.Equal(0.04, block.Rows.Single(row => row.Entry == "lora rank 16").AgainstReference!.Difference.Mean, 9);
    }

    [Fact]
    public void Where_a_condition_leaves_the_parameter_out_that_is_a_value_too()
    {
        var block = Compare(
            new ExampleSweep()
                .Entry("lora")
                    .Completed([0.8], index: 0, configuration: Of(("rank", 2)))
                    .Completed([0.7], index: 1, configuration: Configuration.Empty),
            "rank");

        Assert.Equal(["lora rank 2", "lora no rank"], block.Rows.Select(row => row.Entry));
    }

    [Fact]
    public void Claims_are_about_whole_entries_and_left_out()
    {
        var sweep = new ExampleSweep { Claims = [new Claim { Text = "more is better", Better = ["lora"], Than = ["base"] }] }
            .Entry("lora")
                .Completed([0.8], index: 0, configuration: Of(("rank", 2)))
                .Completed([0.7], index: 1, configuration: Of(("rank", 4)))
            .Entry("base").Completed([0.4]);

        Assert.Empty(ParameterSplit.By(sweep.Spec, sweep.Trials, "rank")!.Spec.Compare.Claims);
    }

    [Fact]
    public void Without_an_entry_of_several_values_there_is_nothing_to_split()
    {
        var sweep = new ExampleSweep().Entry("lora").Completed([0.8]).Prepared("corpus");

        Assert.Null(ParameterSplit.By(sweep.Spec, sweep.Trials, "rank"));
    }

    [Fact]
    public void Entries_of_one_value_and_preparations_stay_as_they_are()
    {
        var sweep = new ExampleSweep()
            .Prepared("corpus")
            .Entry("lora")
                .Completed([0.8], index: 0, configuration: Of(("rank", 2)))
                .Completed([0.7], index: 1, configuration: Of(("rank", 4)))
            .Entry("dora").Completed([0.6], configuration: Of(("rank", 8)));

        var split = ParameterSplit.By(sweep.Spec, sweep.Trials, "rank")!;

        Assert.Equal(["lora rank 2", "lora rank 4", "dora"], split.Spec.Tasks[0].Methods.Select(entry => entry.Name));
        Assert.Equal(
            ["lora rank 2", "lora rank 4", "dora"],
            split.Trials.Select(trial => trial.Work).OfType<TrialWork.Train>().Select(train => train.Entry));
    }

    private static BlockComparison Compare(ExampleSweep sweep, string parameter)
    {
        var split = ParameterSplit.By(sweep.Spec, sweep.Trials, parameter)!;
        return MethodComparison.Of(split.Spec, split.Trials).Blocks[0];
    }

    private static Configuration Of(params (string Name, int Value)[] values) =>
        new(values.Select(value => KeyValuePair.Create(value.Name, (ParameterValue)new ParameterValue.Integer(value.Value))));
}
