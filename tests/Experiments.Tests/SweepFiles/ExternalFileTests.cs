using Experiments.SweepFiles;
using Experiments.Sweeps;
using Experiments.Tests.Sweeps;
using Xunit;

namespace Experiments.Tests.SweepFiles;

public sealed class ExternalFileTests
{
    private const string Whole = """
        workload: external
        metric: { name: loss, goal: minimize, value: best }
        trials: 6
        parameters: { rate: { low: 1e-3, high: 1, log: true } }
        methods:
          - { as: small, parameters: { width: 8 } }
          - { as: large, parameters: { width: { choices: [64, 128] } } }
        """;

    [Fact]
    public void A_metric_is_enough()
    {
        var spec = Read("""
            workload: external
            metric: { name: loss, goal: minimize }
            trials: 1
            """);

        var block = Assert.Single(spec.Tasks);
        Assert.True(spec.IsExternal);
        Assert.Equal(("external", "", "", "loss", false), (block.Task, block.Size, block.Base, block.Metric, block.Maximize));
        Assert.Equal((new ExternalSpec(), null, false), (block.External, block.Command, block.IsTraining));
        Assert.Equal(
            new MethodEntry { Name = "tune", Method = "external", Space = new SearchSpace([]) }, Assert.Single(block.Methods));
    }

    [Fact]
    public void Entries_share_parameters_and_are_written_as_they_are_read()
    {
        var spec = Read(Whole);

        var block = Assert.Single(spec.Tasks);
        Assert.True(block.External!.TakesBest);
        Assert.Equal(["small: width, rate", "large: width, rate"], block.Methods.Select(entry =>
            $"{entry.Name}: {string.Join(", ", entry.Space.Parameters.Select(parameter => parameter.Name))}"));
        Assert.Equal(spec, SweepFile.Parse(SweepYaml.Write(spec), "tune.yaml", new CatalogueDouble()));
        Assert.Equal(spec, SpecJson.Read(SpecJson.Write(spec)));
    }

    [Theory]
    [InlineData("task: lesions", "'task' does not go with 'workload: external': trials are asked for instead of learning a task.")]
    [InlineData("constraints: [\"rate <= 1\"]", "'constraints' is not supported beside 'workload: external'.")]
    [InlineData("command: [echo]",
        "'command' does not go with 'workload: external': whoever asks for a trial runs it in their own way.")]
    [InlineData("time_limit: 5m",
        "'time_limit' does not go with 'workload: external': whoever asks for a trial runs it in their own way.")]
    public void What_workers_need_is_refused(string line, string sentence) => Assert.Equal(sentence, Problem($"{Whole}\n{line}"));

    [Fact]
    public void Another_workload_and_a_command_that_is_missing_are_told()
    {
        Assert.Equal("'workload' must be external or command, not 'ours'.", Problem("""
            workload: ours
            command: [echo]
            metric: { name: loss, goal: minimize }
            """));
        Assert.Equal("'command' is missing: what 'workload: command' runs, [python3, train.py, \"${args}\"].", Problem("""
            workload: command
            metric: { name: loss, goal: minimize }
            """));
        Assert.Equal(
            "'command' does not go with 'workload: external': whoever asks for a trial runs it in their own way.",
            Problem(Whole.Replace("as: small,", "as: small, command: [echo],", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_block_that_is_asked_for_stands_alone()
    {
        Assert.Equal(
            "a block with 'workload: external' cannot stand beside others, which workers take; make it a sweep of its own.",
            Problem("""
                trials: 2
                tasks:
                  - { workload: external, metric: { name: loss, goal: minimize } }
                  - { command: [echo], metric: { name: loss, goal: minimize } }
                """));
        Assert.Equal(
            "'tasks' has two blocks with 'workload: external'; list their programs as entries of 'methods' in one block.",
            Problem("""
                trials: 2
                tasks:
                  - { workload: external, metric: { name: loss, goal: minimize } }
                  - { workload: external, metric: { name: accuracy, goal: maximize } }
                """));
    }

    [Fact]
    public void The_schema_lets_it_pass()
    {
        var schema = new DraftSeven(System.Text.Json.Nodes.JsonNode.Parse(
            Experiments.SweepFiles.Schema.SweepSchema.Write(new CatalogueDouble()))!.AsObject());

        Assert.Empty(schema.Misfits(DraftSeven.FromYaml(Whole)));
        Assert.NotEmpty(schema.Misfits(DraftSeven.FromYaml("workload: external")));
        Assert.NotEmpty(schema.Misfits(DraftSeven.FromYaml(Whole.Replace("external", "ours", StringComparison.Ordinal))));
    }

    private static string Problem(string text) => Assert.Single(Assert.Throws<SpecException>(() => Read(text)).Problems).Message;

    private static SweepSpec Read(string text) => SweepFile.Parse(text, "tune.yaml", new CatalogueDouble());
}
