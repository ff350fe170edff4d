using Experiments.SweepFiles;
using Experiments.Sweeps;
using Experiments.Tests.Sweeps;
using Xunit;

namespace Experiments.Tests.SweepFiles;

public sealed class SweepFileTests
{
    [Fact]
    public void A_file_says_of_itself_what_its_opening_comment_says()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("sweep-").FullName, "x.yaml");
        File.WriteAllText(file,
            "# yaml-language-server: $schema=s.json\n#\n# Two lines\r\n#of it.\ntask: lesions # not this\n# nor this\n");

        var lines = SweepFile.OpeningComment(file);
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);

        Assert.Equal(["Two lines", "of it."], lines);
    }

    [Fact]
    public void A_task_and_a_method_are_enough()
    {
        var spec = Read("task: lesions\nmethods: [lora]\n");

        var block = Assert.Single(spec.Tasks);
        Assert.Equal(
            ("lesions", "quickstart", "sam-tiny", "dice", true),
            (block.Task, block.Size, block.Base, block.Metric, block.Maximize));
        Assert.Equal(new MethodEntry { Name = "lora", Method = "lora", Space = new SearchSpace([]) }, Assert.Single(block.Methods));
        Assert.Equal(new SweepSpec { Name = "my-sweep", Tasks = spec.Tasks }, spec);
    }

    [Fact]
    public void Every_setting_reaches_the_spec()
    {
        var spec = Read("""
            name: lesions-2
            task: lesions
            size: smoke
            base: { model: sam-tiny }
            metric: { name: jaccard, goal: maximize }
            methods: [base, lora]
            seeds: [3, 5]
            seed: 17
            trials: 8
            sampler: { type: grid, shuffle: true }
            scheduler: { type: fifo }
            limits: { wall: 1h30m, trial: 90s }
            resources: { slots: 2, devices: [cuda:0, cpu] }
            compare: { reference: base, confidence: 0.9 }
            retries: 0
            """);

        Assert.Equal(
            new SweepSpec
            {
                Name = "lesions-2",
                Seed = 17,
                Seeds = [3, 5],
                Trials = 8,
                Tasks =
                [
                    new TaskBlock
                    {
                        Task = "lesions",
                        Size = "smoke",
                        Base = "sam-tiny",
                        Metric = "jaccard",
                        Maximize = true,
                        Methods = [Entry("base"), Entry("lora")],
                    },
                ],
                Sampler = new SamplerSpec { Type = "grid", Options = new Configuration([new("shuffle", new ParameterValue.Flag(true))]) },
                Limits = new Limits { Wall = TimeSpan.FromMinutes(90), Trial = TimeSpan.FromSeconds(90) },
                Resources = new Resources { Slots = 2, Devices = ["cuda:0", "cpu"] },
                Compare = new ComparisonSpec { Reference = "base", Confidence = 0.9 },
                Retries = 0,
            },
            spec);
    }

    [Theory]
    [InlineData("{ device_time: 40h }", 40.0, AtLimit.Stop)]
    [InlineData("{ cost: 120, price_per_device_hour: 2.5, at_limit: drain }", 48.0, AtLimit.Drain)]
    [InlineData("{ device_time: 2d, cost: 90, price_per_device_hour: 3 }", 30.0, AtLimit.Stop)]
    [InlineData("{ wall: 6h, at_limit: stop }", null, AtLimit.Stop)]
    public void Reads_what_the_devices_may_be_used_for(string limits, double? hours, AtLimit atLimit)
    {
        var spec = SweepFile.Parse(
            $"name: s\ntask: lesions\nbase: sam-tiny\nmethods: [lora]\nlimits: {limits}\n", "s.yaml", new CatalogueDouble());

        Assert.Equal((hours, atLimit), (spec.Limits.Budget?.TotalHours, spec.Limits.AtLimit));
    }

    [Fact]
    public void Values_take_the_type_of_their_option_whatever_YAML_makes_of_them()
    {
        var space = SpaceOf("""
            - method: longlora
              rank: 1e1
              alpha: 16
              learning_rate: 1e-5
              train_norms: false
              target_modules: [q_proj, no, 8]
              schedule: "cosine"
              length: 64
            """);

        Assert.Equal(new ParameterValue.Integer(10), Fixed(space, "rank"));
        Assert.Equal(new ParameterValue.Real(16), Fixed(space, "alpha"));
        Assert.Equal(new ParameterValue.Real(1e-5), Fixed(space, "learning_rate"));
        Assert.Equal(new ParameterValue.Flag(false), Fixed(space, "train_norms"));
        Assert.Equal(
            new ParameterValue.List([new ParameterValue.Text("q_proj"), new ParameterValue.Text("no"), new ParameterValue.Text("8")]),
            Fixed(space, "target_modules"));
        Assert.Equal(new ParameterValue.Text("cosine"), Fixed(space, "schedule"));
        Assert.Equal(new ParameterValue.Integer(64), Fixed(space, "length"));
    }

    [Fact]
    public void Domains_are_read_with_their_limits()
    {
        var space = SpaceOf("""
            - method: lora
              rank: { type: int, low: 2, high: 32, log: true, points: 5 }
              alpha: { low: 8, high: 32, step: 8 }
              dropout: { choices: [0, 0.1] }
              steps: { value: 20 }
              learning_rate: { type: float, low: 1e-5, high: 1e-2, log: true }
            """);

        Assert.Equal(new Domain.Int(2, 32, Log: true, Points: 5), space.Parameters[0].Domain);
        Assert.Equal(new Domain.Float(8, 32, Step: 8), space.Parameters[1].Domain);
        Assert.Equal(new Domain.Choice([new ParameterValue.Real(0), new ParameterValue.Real(0.1)]), space.Parameters[2].Domain);
        Assert.Equal(new Domain.Fixed(new ParameterValue.Integer(20)), space.Parameters[3].Domain);
        Assert.Equal(new Domain.Float(1e-5, 1e-2, Log: true), space.Parameters[4].Domain);
    }

    [Fact]
    public void A_constraint_goes_to_each_method_that_has_all_its_parameters_after_the_methods_own()
    {
        var spec = Read("""
            constraints: [steps >= 10]
            parameters: { steps: { low: 1, high: 100 } }
            trials: 40
            tasks:
              - task: lesions
                constraints: ["rank * experts <= 64"]
                methods:
                  - { method: lora, rank: { ordinal: [4, 8] }, constraints: ["rank > 2 or optimizer == 'sgd'"], optimizer: adamw }
                  - { method: conv-lora, rank: 8, experts: { ordinal: [4, 8, 16] } }
                  - base
            """);

        var constraints = spec.Tasks[0].Methods.Select(entry => string.Join(" | ", entry.Space.Constraints));
        Assert.Equal(["rank > 2 or optimizer == 'sgd' | steps >= 10", "rank * experts <= 64 | steps >= 10", ""], constraints);
        Assert.Equal(
            new Domain.Ordinal([new ParameterValue.Integer(4), new ParameterValue.Integer(8)]),
            spec.Tasks[0].Methods[0].Space.Parameters[0].Domain);
    }

    [Fact]
    public void A_shared_parameter_goes_to_each_method_that_knows_it_after_the_methods_own()
    {
        var spec = Read("""
            task: lesions
            parameters:
              rank: 4
              learning_rate: 1e-3
            methods:
              - base
              - full
              - method: lora
                alpha: 8
              - method: conv-lora
                rank: 2
            """);

        var names = spec.Tasks[0].Methods.Select(entry => string.Join(",", entry.Space.Parameters.Select(parameter => parameter.Name)));
        Assert.Equal(["", "learning_rate", "alpha,rank,learning_rate", "rank,learning_rate"], names);
        Assert.Equal(new ParameterValue.Integer(2), Fixed(spec.Tasks[0].Methods[3].Space, "rank"));
    }

    [Fact]
    public void A_blocks_parameters_go_before_the_sweeps()
    {
        var spec = Read("""
            parameters: { steps: 10, batch_size: 4 }
            size: smoke
            tasks:
              - task: lesions
                parameters: { steps: 20 }
                methods: [lora]
              - task: classify
                size: quickstart
                methods: [lora]
            """);

        Assert.Equal(["smoke", "quickstart"], spec.Tasks.Select(block => block.Size));
        Assert.Equal(new ParameterValue.Integer(20), Fixed(spec.Tasks[0].Methods[0].Space, "steps"));
        Assert.Equal(new ParameterValue.Integer(4), Fixed(spec.Tasks[0].Methods[0].Space, "batch_size"));
        Assert.Equal(new ParameterValue.Integer(10), Fixed(spec.Tasks[1].Methods[0].Space, "steps"));
    }

    [Fact]
    public void Report_is_short_for_the_interval_of_every_training()
    {
        var spec = Read("task: lesions\nreport: 5\nmethods: [base, lora]\n");

        Assert.Empty(spec.Tasks[0].Methods[0].Space.Parameters);
        Assert.Equal(new ParameterValue.Integer(5), Fixed(spec.Tasks[0].Methods[1].Space, "report_every"));
    }

    [Fact]
    public void Conditions_on_the_method_decide_while_reading_and_others_go_into_the_space()
    {
        var spec = Read("""
            task: lesions
            parameters:
              optimizer: { choices: [adamw, sgd] }
              momentum: { value: 0.9, when: { optimizer: sgd } }
              warmup: { value: 0.1, when: { method: [conv-lora], experts: ">2" } }
            methods:
              - lora
              - method: conv-lora
                experts: { choices: [2, 4, 8] }
            """);

        Assert.Equal(["optimizer", "momentum"], spec.Tasks[0].Methods[0].Space.Parameters.Select(parameter => parameter.Name));
        Assert.Equal(
            [new Condition("optimizer", [new ParameterValue.Text("sgd")])], spec.Tasks[0].Methods[0].Space.Parameters[1].When);
        Assert.Equal(
            [new Condition("experts", [new ParameterValue.Integer(4), new ParameterValue.Integer(8)])],
            spec.Tasks[0].Methods[1].Space.Parameters[3].When);
    }

    [Fact]
    public void A_mixture_names_the_entry_of_its_experts_and_another_method_may_have_an_option_of_that_name()
    {
        var mixture = Read("""
            task: composition
            methods:
              - method: lora
                as: expert
                domain: { choices: [web, data] }
              - method: mole
                experts: expert
            """);
        var convolutions = SpaceOf("- method: conv-lora\n  experts: 4\n");

        Assert.Equal("expert", mixture.Tasks[0].Methods[1].Experts);
        Assert.Empty(mixture.Tasks[0].Methods[1].Space.Parameters);
        Assert.Equal(new ParameterValue.Integer(4), Fixed(convolutions, "experts"));
    }

    [Theory]
    [InlineData("[base, lora, full]", "lora")]
    [InlineData("[full, base]", "full")]
    public void The_reference_is_lora_or_else_the_first(string methods, string reference)
    {
        Assert.Equal(reference, Read($"task: lesions\nmethods: {methods}\n").Compare.Reference);
    }

    [Theory]
    [InlineData("My Sweep (2).yaml", "my-sweep-2")]
    [InlineData("___.yaml", "sweep")]
    [InlineData("folder/lesions.v3.yml", "lesions-v3")]
    public void The_name_is_the_files(string path, string name)
    {
        Assert.Equal(name, SweepFile.Parse("task: lesions\nmethods: [lora]\n", path, new CatalogueDouble()).Name);
    }

    [Fact]
    public void Environment_variables_are_read_also_where_a_number_is_expected()
    {
        var spec = SweepFile.Parse(
            "task: lesions\nmethods:\n  - method: lora\n    rank: ${env:RANK}\n    target_modules: [\"${env:PART}_proj\"]\n",
            "a.yaml", new CatalogueDouble(), environment: name => name == "RANK" ? "4" : "q");

        Assert.Equal(new ParameterValue.Integer(4), Fixed(spec.Tasks[0].Methods[0].Space, "rank"));
        Assert.Equal(
            new ParameterValue.List([new ParameterValue.Text("q_proj")]), Fixed(spec.Tasks[0].Methods[0].Space, "target_modules"));
    }

    [Fact]
    public void Anchors_repeat_what_they_name()
    {
        var spec = Read("""
            task: lesions
            methods:
              - method: lora
                learning_rate: &rates { choices: [1e-3, 1e-4] }
              - method: full
                learning_rate: *rates
            """);

        Assert.Equal(
            spec.Tasks[0].Methods[0].Space.Parameters[0].Domain, spec.Tasks[0].Methods[1].Space.Parameters[0].Domain);
    }

    private static SweepSpec Read(string text) =>
        SweepFile.Parse(text, "my-sweep.yaml", new CatalogueDouble(), environment: _ => null);

    private static SearchSpace SpaceOf(string methods)
    {
        var task = methods.Contains("longlora", StringComparison.Ordinal) ? "long-context" : "lesions";
        return Read($"task: {task}\ntrials: 1\nmethods:\n{methods}").Tasks[0].Methods[0].Space;
    }

    private static ParameterValue Fixed(SearchSpace space, string name) =>
        Assert.IsType<Domain.Fixed>(space.Parameters.Single(parameter => parameter.Name == name).Domain).Value;

    private static MethodEntry Entry(string method) => new() { Name = method, Method = method, Space = new SearchSpace([]) };
}
