using Experiments.SweepFiles;
using Experiments.Sweeps;
using Experiments.Tests.Sweeps;
using Xunit;

namespace Experiments.Tests.SweepFiles;

public sealed class CommandFileTests
{
    private static readonly string _folder = Path.GetFullPath(".");

    [Fact]
    public void A_command_and_a_metric_are_enough()
    {
        var spec = Read("""
            command: [echo, hello]
            metric: { name: score, goal: maximize }
            """);

        var block = Assert.Single(spec.Tasks);
        Assert.Equal(("command", "", "", "score", true), (block.Task, block.Size, block.Base, block.Metric, block.Maximize));
        Assert.Equal(new CommandSpec { Directory = _folder }, block.Command);
        Assert.Equal("tune", spec.Compare.Reference);
        Assert.Equal(
            new MethodEntry { Name = "tune", Method = "command", Space = new SearchSpace([]), Command = ["echo", "hello"] },
            Assert.Single(block.Methods));
    }

    [Fact]
    public void Every_setting_reaches_the_spec()
    {
        var spec = Read("""
            command: [python3, train.py]
            metric: { name: loss, goal: minimize, value: best }
            directory: .
            environment: { OMP_NUM_THREADS: 1, GREETING: "hello ${seed}", EMPTY: }
            metrics_file: metrics.jsonl
            checkpoints: true
            memory_limit: 1.5GiB
            time_limit: 1h30m
            grace: 5s
            """);

        Assert.Equal(
            new CommandSpec
            {
                Directory = _folder,
                Environment = [new("OMP_NUM_THREADS", "1"), new("GREETING", "hello ${seed}"), new("EMPTY", "")],
                MetricsFile = "metrics.jsonl",
                Checkpoints = true,
                TakesBest = true,
                MemoryLimit = 1_610_612_736,
                TimeLimit = TimeSpan.FromMinutes(90),
                Grace = TimeSpan.FromSeconds(5),
            },
            spec.Tasks[0].Command);
        Assert.False(spec.Tasks[0].Maximize);
    }

    [Fact]
    public void What_is_written_tells_what_a_parameter_is()
    {
        var parameters = Parameters("""
            whole: 3
            real: 0.5
            exponent: 1e-3
            flag: true
            word: adam
            digits: "3"
            wholes: { choices: [1, 2] }
            reals: { choices: [1, 0.5] }
            words: { choices: [1, two] }
            range: { low: 1, high: 8, log: true }
            span: { low: 0, high: 1.0 }
            spread: { type: float, low: 1, high: 8 }
            """);

        Assert.Equal(
            [
                new Domain.Fixed(new ParameterValue.Integer(3)),
                new Domain.Fixed(new ParameterValue.Real(0.5)),
                new Domain.Fixed(new ParameterValue.Real(1e-3)),
                new Domain.Fixed(new ParameterValue.Flag(true)),
                new Domain.Fixed(new ParameterValue.Text("adam")),
                new Domain.Fixed(new ParameterValue.Text("3")),
                new Domain.Choice([new ParameterValue.Integer(1), new ParameterValue.Integer(2)]),
                new Domain.Choice([new ParameterValue.Real(1), new ParameterValue.Real(0.5)]),
                new Domain.Choice([new ParameterValue.Text("1"), new ParameterValue.Text("two")]),
                new Domain.Int(1, 8, Log: true),
                new Domain.Float(0, 1),
                new Domain.Float(1, 8),
            ],
            parameters.Select(parameter => parameter.Domain));
    }

    [Fact]
    public void Entries_have_programs_and_spaces_of_their_own_before_those_of_the_block()
    {
        var spec = Read("""
            command: [train, "--lr=${lr}"]
            metric: { name: score, goal: maximize }
            parameters: { lr: 0.1, depth: 2 }
            methods:
              - as: plain
              - as: other
                command: [other, "${width}"]
                parameters: { width: { choices: [1, 2] }, depth: 3 }
            """);

        Assert.Equal(["train other"], [string.Join(' ', spec.Tasks[0].Methods.Select(entry => entry.Command!.Value[0]))]);
        Assert.Equal(["lr depth", "width depth lr"],
            spec.Tasks[0].Methods.Select(entry => string.Join(' ', entry.Space.Parameters.Select(parameter => parameter.Name))));
        Assert.Equal(new Domain.Fixed(new ParameterValue.Integer(3)), spec.Tasks[0].Methods[1].Space.Parameters[1].Domain);
    }

    [Fact]
    public void A_block_of_programs_stands_beside_one_of_a_task_and_needs_nothing_prepared()
    {
        var spec = Read("""
            tasks:
              - { task: lesions, methods: [lora] }
              - { command: [echo], metric: { name: score, goal: maximize }, methods: [{ as: a }, { as: b }] }
            """);

        ICatalogue catalogue = new CatalogueDouble();
        Assert.Equal(["lesions", "command"], spec.Tasks.Select(block => block.Task));
        Assert.NotEmpty(catalogue.PreparationsOf(spec.Tasks[0]));
        Assert.Empty(catalogue.PreparationsOf(spec.Tasks[1]));
        Assert.Equal(3, SweepPlan.Of(spec, catalogue).Trials);
    }

    [Fact]
    public void Programs_are_judged_by_what_they_report_and_cost_and_their_parameters_keep_rules()
    {
        var block = Read("""
            command: [train]
            metric: { name: accuracy, goal: maximize }
            objectives: [seconds, { name: loss, goal: minimize }]
            outcome_constraints: ["peak_memory_mb <= 500", "accuracy >= 0.5"]
            constraints: ["layers * width <= 8"]
            sampler: grid
            parameters:
              layers: { choices: [1, 2, 4] }
              width: { choices: [2, 4] }
            methods:
              - as: wide
              - as: narrow
                constraints: ["layers > width"]
              - as: flat
                parameters: { layers: 1 }
                constraints: ["width < 3"]
            """).Tasks[0];

        Assert.Equal([new("seconds", false), new("loss", false)], block.Objectives);
        Assert.Equal([new("peak_memory_mb", AtMost: true, 500), new("accuracy", AtMost: false, 0.5)], block.OutcomeConstraints);
        Assert.Equal(
            ["layers * width <= 8", "layers > width & layers * width <= 8", "width < 3 & layers * width <= 8"],
            block.Methods.Select(entry => string.Join(" & ", entry.Space.Constraints.Select(rule => rule.Text))));
    }

    [Fact]
    public void A_rule_beside_the_blocks_holds_for_programs_too()
    {
        var spec = Read("""
            constraints: ["rank * width <= 8"]
            tasks:
              - command: [train]
                metric: { name: accuracy, goal: maximize }
                parameters: { rank: { choices: [2, 4] }, width: { choices: [2, 4] } }
            trials: 2
            """);

        Assert.Equal("rank * width <= 8", Assert.Single(spec.Tasks[0].Methods[0].Space.Constraints).Text);
    }

    [Fact]
    public void What_is_written_reads_back_equal()
    {
        var spec = Read("""
            command: [sh, -c, "echo $${HOME} ${word} \"quoted\" ü", "${args}"]
            metric: { name: score, goal: maximize, value: best }
            environment: { NOTE: "a: b # c" }
            memory_limit: 1234MB
            objectives: [seconds, { name: loss, goal: minimize }]
            outcome_constraints: ["peak_memory_mb <= 500"]
            constraints: ["whole * 2 <= 3"]
            parameters:
              word: { choices: ["true", "8", no, a b] }
              whole: { choices: [1.0, 2.0] }
              more: { low: 1.0, high: 2.0, when: { whole: 1 } }
            trials: 4
            """);

        Assert.Equal(spec, SweepFile.Parse(SweepYaml.Write(spec), "elsewhere/other.yaml", new CatalogueDouble()));
        Assert.Equal(spec, SpecJson.Read(SpecJson.Write(spec)));
    }

    [Fact]
    public void Another_command_is_another_sweep()
    {
        const string rest = "\nmetric: { name: score, goal: maximize }\n";

        var change = SpecChange.Between(Read("command: [echo, a]" + rest), Read("command: [echo, b]" + rest));

        Assert.False(change.IsAllowed);
        Assert.Equal(["tasks.command.methods.tune.command: [\"echo\",\"a\"] -> [\"echo\",\"b\"]"], change.Refusals);
    }

    [Theory]
    [InlineData("command: echo")]
    [InlineData("command: []")]
    [InlineData("metric: score")]
    [InlineData("metric: { name: score }")]
    [InlineData("metric: { name: score, goal: maximize, value: mean }")]
    [InlineData("checkpoints: last")]
    [InlineData("memory_limit: lots")]
    [InlineData("time_limit: 5")]
    [InlineData("methods: [lora]")]
    [InlineData("objectives: [loss]")]
    [InlineData("objectives: [trainable_parameters]")]
    [InlineData("outcome_constraints: [loss]")]
    [InlineData("methods: [{ as: a, comand: [echo] }]")]
    public void What_a_schema_can_know_to_be_wrong_does_not_fit(string wrong)
    {
        var key = wrong[..wrong.IndexOf(':', StringComparison.Ordinal)];
        string[] good = ["command: [echo]", "metric: { name: score, goal: maximize }"];
        var text = string.Join('\n', good.Where(line => !line.StartsWith(key + ":", StringComparison.Ordinal)).Append(wrong));
        var schema = new DraftSeven(System.Text.Json.Nodes.JsonNode.Parse(
            Experiments.SweepFiles.Schema.SweepSchema.Write(new CatalogueDouble()))!.AsObject());

        Assert.Empty(schema.Misfits(DraftSeven.FromYaml(string.Join('\n', good))));
        Assert.NotEmpty(schema.Misfits(DraftSeven.FromYaml(text)));
        Assert.Throws<SpecException>(() => Read(text));
    }

    private static EquatableArray<Parameter> Parameters(string yaml) => Read($"""
        command: [echo]
        metric: {"{ name: score, goal: maximize }"}
        trials: 1
        parameters:
          {yaml.ReplaceLineEndings("\n  ")}
        """).Tasks[0].Methods[0].Space.Parameters;

    private static SweepSpec Read(string text) => SweepFile.Parse(text, "tune.yaml", new CatalogueDouble());
}
