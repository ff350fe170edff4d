using Experiments.SweepFiles;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Sweeps;

/// <summary><c>start_with:</c> in a sweep file.</summary>
public sealed class StartWithTests
{
    private static readonly CatalogueDouble _catalogue = new();

    private const string Learnt = """
        task: lesions
        methods:
          - method: lora
            rank: { low: 1, high: 32 }
            alpha: 16
            rslora: { choices: [true, false] }
            start_with:
              - { rank: 8, alpha: 16, rslora: true }
              - { rank: 8, learning_rate: 1e-3 }
          - full
        parameters:
          learning_rate: { low: 1e-4, high: 1e-2, log: true }
        trials: 8
        """;

    private const string Programs = """
        command: [python3, train.py, "--lr=${lr}", "--depth=${depth}", "--kind=${kind}"]
        metric: { name: accuracy, goal: maximize }
        methods:
          - as: wide
            start_with: [{ lr: 1, depth: 3 }, { kind: "3" }]
        parameters:
          lr: { low: 0.5, high: 2.0 }
          depth: { low: 1, high: 4 }
          kind: { choices: ["3", "4"] }
        trials: 8
        """;

    [Fact]
    public void Values_are_those_of_the_parameters_and_some_may_be_left_open()
    {
        var entry = SweepFile.Parse(Learnt, "a.yaml", _catalogue).Tasks[0].Methods[0];

        Assert.Equal(
            ["""{"alpha":16.0,"rank":8,"rslora":true}""", """{"learning_rate":0.001,"rank":8}"""],
            entry.StartWith.Select(given => given.ToString()));
    }

    [Fact]
    public void Parameters_of_programs_say_what_a_value_is()
    {
        var entry = SweepFile.Parse(Programs, "a.yaml", _catalogue).Tasks[0].Methods[0];

        Assert.Equal(["""{"depth":3,"lr":1.0}""", """{"kind":"3"}"""], entry.StartWith.Select(given => given.ToString()));
    }

    [Theory]
    [InlineData(Learnt)]
    [InlineData(Programs)]
    public void It_is_written_as_it_is_read(string text)
    {
        var spec = SweepFile.Parse(text, "a.yaml", _catalogue);

        Assert.Equal(spec, SweepFile.Parse(SweepYaml.Write(spec), "a.yaml", _catalogue));
        Assert.Equal(spec, SpecJson.Read(SpecJson.Write(spec)));
    }

    [Fact]
    public void A_sweep_that_was_started_keeps_it()
    {
        var now = SweepFile.Parse(Learnt, "a.yaml", _catalogue);
        var before = SweepFile.Parse(Learnt.Replace("rank: 8, alpha", "rank: 9, alpha", StringComparison.Ordinal), "a.yaml", _catalogue);

        Assert.Equal(["tasks.lesions.methods.lora.start_with.0.rank: 9 -> 8"], SpecChange.Between(before, now).Refusals);
    }

    [Fact]
    public void A_plan_warns_of_more_than_there_are_trials()
    {
        var spec = SweepFile.Parse(Learnt, "a.yaml", _catalogue) with { Trials = 2 };

        Assert.Contains("'lora' starts with 2 configurations, but gets 1.", SweepPlan.Of(spec, new CatalogueDouble()).Warnings);
    }
}
