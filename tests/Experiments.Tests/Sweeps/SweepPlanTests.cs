using Experiments.SweepFiles;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Sweeps;

public sealed class SweepPlanTests
{
    [Fact]
    public void Without_trials_each_entry_has_the_configurations_of_its_space()
    {
        var plan = Plan("""
            task: lesions
            sampler: grid
            seeds: 3
            methods:
              - base
              - method: conv-lora
                experts: { choices: [2, 4, 8] }
                top_k: { choices: [1, 2], when: { experts: [4, 8] } }
                rank: { type: int, low: 1, high: 4 }
            """);

        Assert.Equal([1, 20], plan.Entries.Select(entry => entry.Configurations));
        Assert.Equal([3, 60], plan.Entries.Select(entry => entry.Trials));
        Assert.Equal((21, 63), (plan.Configurations, plan.Trials));
        Assert.Empty(plan.Warnings);
    }

    [Theory]
    [InlineData(8, new long[] { 1, 2, 1 }, 8)] // two seeds each; the first come first
    [InlineData(14, new long[] { 1, 3, 3 }, 14)]
    [InlineData(15, new long[] { 1, 3, 3 }, 14)] // half a configuration is none
    [InlineData(16, new long[] { 1, 3, 4 }, 16)]
    [InlineData(100, new long[] { 1, 3, 46 }, 100)]
    public void With_trials_configurations_are_dealt_in_turn_as_far_as_spaces_go(int trials, long[] configurations, long planned)
    {
        var plan = Plan($$"""
            task: lesions
            trials: {{trials}}
            seeds: 2
            methods:
              - base
              - method: lora
                rank: { choices: [2, 4, 8] }
              - method: full
                learning_rate: { low: 1e-4, high: 1e-2 }
            """);

        Assert.Equal(configurations, plan.Entries.Select(entry => entry.Configurations));
        Assert.Equal(planned, plan.Trials);
    }

    [Theory]
    [InlineData("seeds: 1\ntrials: 2", "There is one seed, so the comparison has no intervals; 'seeds: 3' or more gives them.")]
    [InlineData("seeds: 2\ntrials: 5", "'trials' is 5, not a multiple of 2 seeds: 4 trials are run.")]
    [InlineData("seeds: 2\ntrials: 50", "'trials' is 50, but the spaces hold 4 trials in all.")]
    public void What_is_probably_not_meant_is_said(string keys, string warning)
    {
        Assert.Equal([warning], Plan($"task: lesions\nmethods: [base, lora]\n{keys}\n").Warnings);
    }

    [Fact]
    public void Entries_that_the_scheduler_cannot_compare_beside_others_are_named()
    {
        var plan = Plan("""
            command: [train]
            metric: { name: score, goal: maximize }
            scheduler: { type: pbt, interval: 10 }
            checkpoints: true
            trials: 9
            methods:
              - { as: unequal, parameters: { steps: { choices: [20, 100] }, rate: { low: 0.1, high: 1 } } }
              - { as: compared, parameters: { steps: 100, rate: { low: 0.1, high: 1 } } }
              - { as: short, parameters: { steps: 10, rate: { low: 0.1, high: 1 } } }
              - { as: unknown, parameters: { epochs: 100, rate: { low: 0.1, high: 1 } } }
              - { as: alone, parameters: { steps: 100 } }
            """);

        Assert.Equal(
            [
                "'steps' of 'unequal' is searched, and 'pbt' compares only trials of equal length.",
                "'short' makes at most 10 steps, so its trials run to their end, uncompared by 'pbt'.",
                "'unknown' has no parameter 'steps', so its trials run to their end, uncompared by 'pbt'.",
                "'alone' gets 1 configuration, so 'pbt' has nobody to compare it with.",
            ],
            plan.Warnings.Skip(1));
    }

    [Theory]
    [InlineData("fifo")]
    [InlineData("successive-seeds")]
    public void Who_compares_nothing_midway_needs_no_steps(string scheduler)
    {
        var plan = Plan($"""
            command: [train]
            metric: {"{ name: score, goal: maximize }"}
            scheduler: {scheduler}
            seeds: 3
            """);

        Assert.Empty(plan.Warnings);
    }

    [Fact]
    public void A_space_has_a_size_and_its_sampler_an_advice()
    {
        var plan = Plan("""
            task: lesions
            sampler: sobol
            trials: 14
            methods:
              - base
              - method: lora
                rank: { ordinal: [2, 4, 8] }
                steps: { low: 10, high: 30, step: 10 }
                constraints: [rank * steps <= 80]
              - method: conv-lora
                learning_rate: { low: 1e-4, high: 1e-2 }
            seeds: [1]
            """);

        Assert.Equal(["1", "6", "endless"], plan.Entries.Select(entry => entry.Space.ToString()));
        Assert.Equal([1, 6, 7], plan.Entries.Select(entry => entry.Configurations));
        Assert.Equal(
            "'conv-lora' gets 7 configurations: a Sobol' sequence is even over a power of two, such as 4 or 8.", plan.Warnings[^1]);
    }

    [Fact]
    public void A_sweep_without_end_is_no_plan()
    {
        var endless = Read("task: lesions\ntrials: 2\nmethods:\n  - method: lora\n    alpha: { low: 1, high: 2 }\n") with { Trials = null };

        var refusal = Assert.Throws<SpecException>(() => SweepPlan.Of(endless, new CatalogueDouble()));

        Assert.Equal("The space of 'lora' has no end for sampler 'random', and 'trials' is not given.", refusal.Message);
    }

    private static SweepPlan Plan(string text) => SweepPlan.Of(Read(text), new CatalogueDouble());

    private static SweepSpec Read(string text) => SweepFile.Parse(text, "a.yaml", new CatalogueDouble());
}
