using Experiments.SweepFiles;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Sweeps;

public sealed class SpecChangeTests
{
    private const string Old = """
        task: lesions
        seeds: 2
        trials: 8
        methods:
          - method: lora
            rank: { type: int, low: 2, high: 16 }
          - conv-lora
        """;

    [Fact]
    public void Nothing_changes_by_writing_the_same_in_other_words()
    {
        var change = SpecChange.Between(Read(Old), Read(Old.Replace("seeds: 2", "seeds: [0, 1]", StringComparison.Ordinal)));

        Assert.Equal(new SpecChange([], []), change);
        Assert.True(change.IsAllowed);
    }

    [Fact]
    public void More_of_it_other_limits_and_another_machine_are_extensions()
    {
        var change = SpecChange.Between(Read(Old), Read("""
            seeds: 3
            trials: 12
            retries: 5
            limits: { wall: 6h }
            resources: { slots: 4 }
            compare: { reference: conv-lora }
            task: lesions
            methods:
              - method: lora
                rank: { type: int, low: 2, high: 16 }
              - conv-lora
            """));

        Assert.Empty(change.Refusals);
        Assert.Equal(
            [
                "seeds: [0,1] -> [0,1,2]", "limits.wall: null -> \"06:00:00\"", "resources.slots: null -> 4",
                "compare.reference: \"lora\" -> \"conv-lora\"", "trials: 8 -> 12", "retries: 3 -> 5",
            ],
            change.Extensions);
    }

    [Theory]
    [InlineData("high: 16", "high: 32", "tasks.lesions.methods.lora.rank.high: 16 -> 32")]
    [InlineData("{ type: int, low: 2, high: 16 }", "4",
        "tasks.lesions.methods.lora.rank.type: \"int\" -> \"fixed\"|tasks.lesions.methods.lora.rank.low: 2 -> absent|"
        + "tasks.lesions.methods.lora.rank.high: 16 -> absent|tasks.lesions.methods.lora.rank.log: false -> absent|"
        + "tasks.lesions.methods.lora.rank.step: null -> absent|tasks.lesions.methods.lora.rank.points: null -> absent|"
        + "tasks.lesions.methods.lora.rank.value: absent -> 4")]
    [InlineData("high: 16 }", "high: 16 }\n    constraints: [rank != 8]",
        "tasks.lesions.methods.lora.constraints: absent -> [\"rank != 8\"]")]
    [InlineData("- conv-lora", "- full",
        "tasks.lesions.methods.conv-lora: present -> absent|tasks.lesions.methods.full: absent -> present")]
    [InlineData("task: lesions", "task: lesions\nsize: smoke", "tasks.lesions.size: \"quickstart\" -> \"smoke\"")]
    [InlineData("task: lesions", "task: lesions\nseed: 1", "seed: 0 -> 1")]
    [InlineData("task: lesions", "task: lesions\nobjectives: [seconds]",
        "tasks.lesions.objectives: absent -> [{\"name\":\"seconds\",\"maximize\":false}]")]
    [InlineData("task: lesions", "task: lesions\noutcome_constraints: dice >= 0.8",
        "tasks.lesions.outcome_constraints: absent -> [{\"name\":\"dice\",\"at_most\":false,\"bound\":0.8}]")]
    [InlineData("task: lesions", "task: lesions\nsampler: grid", "sampler.type: \"random\" -> \"grid\"")]
    [InlineData("seeds: 2", "seeds: [1, 2]", "seeds: 0 is gone, but the sweep has trials with it")]
    [InlineData("trials: 8", "trials: 6", "trials: 6 over 2 seeds are 3 configurations, but the sweep was to have 4; 8 trials keep them")]
    [InlineData("seeds: 2", "seeds: 3", "trials: 8 over 3 seeds are 2 configurations, but the sweep was to have 4; 12 trials keep them")]
    public void Another_question_is_refused_with_the_lines_that_differ(string before, string after, string lines)
    {
        var change = SpecChange.Between(Read(Old), Read(Old.Replace(before, after, StringComparison.Ordinal)));

        Assert.False(change.IsAllowed);
        Assert.Equal(lines.Split('|'), change.Refusals);
    }

    [Fact]
    public void The_order_of_methods_counts_because_it_is_that_of_the_trials()
    {
        var change = SpecChange.Between(
            Read("task: lesions\nmethods: [lora, full]\n"), Read("task: lesions\ncompare: { reference: lora }\nmethods: [full, lora]\n"));

        Assert.Equal(["tasks.lesions.methods: lora, full -> full, lora"], change.Refusals);
    }

    [Fact]
    public void Blocks_of_one_task_go_by_their_place()
    {
        var old = Read(TwoBases);
        var now = Read(TwoBases.Replace("macro_f1", "loss", StringComparison.Ordinal));

        Assert.Equal(["tasks.1.metric: \"macro_f1\" -> \"loss\""], SpecChange.Between(old, now).Refusals);
    }

    private const string TwoBases = """
        tasks:
          - task: classify
            methods: [lora]
          - task: classify
            base: nano
            metric: { name: macro_f1, goal: maximize }
            methods: [lora]
        """;

    private static SweepSpec Read(string text) => SweepFile.Parse(text, "a.yaml", new CatalogueDouble());
}
