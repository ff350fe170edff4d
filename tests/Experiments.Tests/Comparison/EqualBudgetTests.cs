using Experiments.Comparison;
using Experiments.Trials;
using Xunit;

namespace Experiments.Tests.Comparison;

public sealed class EqualBudgetTests
{
    /// <summary>lora has 4 trials and 220 s, conv-lora 6 and 180 s, the base searches nothing.</summary>
    private static ExampleSweep Sweep => new ExampleSweep { Searched = ["lora", "conv-lora", "mole"] }
        .Entry("lora")
            .Completed([0.80, 0.80], index: 0, seconds: 70)
            .Completed([0.82, 0.82], index: 1, seconds: 40)
        .Entry("conv-lora")
            .Completed([0.81, 0.81], index: 0, seconds: 20)
            .Completed([0.83, 0.83], index: 1, seconds: 30)
            .Completed([0.85, 0.85], index: 2, seconds: 40)
        .Entry("base").Completed([0.4, 0.4], seconds: 500)
        .Entry("mole").Unfinished(TrialState.Waiting);

    [Fact]
    public void Of_trials_each_method_keeps_as_many_as_the_least_had()
    {
        var block = Compare(BudgetKind.Trials);

        Assert.Equal((4, null), (block.Budget!.Trials, block.Budget.Time));
        Assert.Equal(("c1", "c1"), (Chosen(block, "lora"), Chosen(block, "conv-lora")));
        Assert.Equal(2, block.Rows.Single(row => row.Entry == "conv-lora").ConfigurationsTried);
    }

    [Fact]
    public void Of_time_each_method_keeps_what_fits_into_the_least_time()
    {
        var block = Compare(BudgetKind.Time); // 180 s: lora's second configuration would end at 220 s

        Assert.Equal((null, TimeSpan.FromSeconds(180)), (block.Budget!.Trials, block.Budget.Time));
        Assert.Equal(("c0", "c2"), (Chosen(block, "lora"), Chosen(block, "conv-lora")));
        Assert.Equal(TimeSpan.FromSeconds(140), block.Rows.Single(row => row.Entry == "lora").TuningTime);
    }

    [Fact]
    public void What_has_nothing_to_tune_stands_as_it_is()
    {
        var block = Compare(BudgetKind.Time);

        Assert.Equal(["base"], block.Budget!.Unbounded);
        Assert.Equal("c0", Chosen(block, "base"));
    }

    [Fact]
    public void A_method_that_has_not_begun_does_not_lower_the_budget()
    {
        Assert.Null(Compare(BudgetKind.Trials).Rows.Single(row => row.Entry == "mole").Chosen);
    }

    [Fact]
    public void Without_a_budget_all_is_compared()
    {
        var block = Compare(null);

        Assert.Null(block.Budget);
        Assert.Equal(("c1", "c2"), (Chosen(block, "lora"), Chosen(block, "conv-lora")));
    }

    private static BlockComparison Compare(BudgetKind? budget) => MethodComparison.Of(Sweep.Spec, Sweep.Trials, budget).Blocks[0];

    private static string Chosen(BlockComparison block, string entry) =>
        $"c{block.Rows.Single(row => row.Entry == entry).Chosen!.Index}";
}
