using Experiments.SweepFiles;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Sweeps;

public sealed class OutcomeConstraintTests
{
    [Fact]
    public void Objectives_and_constraints_reach_the_block_with_their_directions()
    {
        var block = Read("""
            task: long-context
            objectives: [trainable_parameters, { name: passkey, goal: maximize }, { name: seconds, goal: minimize }]
            outcome_constraints: ["peak_memory_mb <= 16000", "passkey >= 5e-1"]
            methods: [lora]
            """);

        Assert.Equal(("perplexity", false), (block.Metric, block.Maximize));
        Assert.Equal([new("trainable_parameters", false), new("passkey", true), new("seconds", false)], block.Objectives);
        Assert.Equal([new("peak_memory_mb", AtMost: true, 16_000), new("passkey", AtMost: false, 0.5)], block.OutcomeConstraints);
    }

    [Fact]
    public void One_constraint_needs_no_list()
    {
        var block = Read("task: lesions\nmethods: [lora]\noutcome_constraints: seconds<=60\n");

        Assert.Equal([new OutcomeConstraint("seconds", AtMost: true, 60)], block.OutcomeConstraints);
    }

    [Fact]
    public void Blocks_have_objectives_of_their_own()
    {
        var spec = SweepFile.Parse("""
            tasks:
              - { task: lesions, objectives: [seconds], methods: [lora] }
              - { task: classify, outcome_constraints: ["loss <= 2"], methods: [lora] }
            """, "a.yaml", new CatalogueDouble());

        Assert.Equal([1, 0], spec.Tasks.Select(block => block.Objectives.Count));
        Assert.Equal([0, 1], spec.Tasks.Select(block => block.OutcomeConstraints.Count));
    }

    [Theory]
    [InlineData(16_000.0, 0)]
    [InlineData(20_000.0, 0.25)]
    [InlineData(null, double.PositiveInfinity)]
    [InlineData(double.NaN, double.PositiveInfinity)]
    public void Of_an_upper_bound_the_violation_is_the_share_that_lies_above(double? value, double violation)
    {
        Assert.Equal(violation, new OutcomeConstraint("peak_memory_mb", AtMost: true, 16_000).Violation(value));
    }

    [Theory]
    [InlineData(-2, 1, 0.0)]
    [InlineData(-2, -3, 0.5)]
    [InlineData(0, -3, 3.0)]
    public void Of_a_lower_bound_it_is_the_share_that_is_missing(double bound, double value, double violation)
    {
        Assert.Equal(violation, new OutcomeConstraint("score", AtMost: false, bound).Violation(value));
    }

    private static TaskBlock Read(string text) => Assert.Single(SweepFile.Parse(text, "a.yaml", new CatalogueDouble()).Tasks);
}
