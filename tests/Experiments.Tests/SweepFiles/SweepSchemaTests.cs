using System.Text.Json.Nodes;
using Experiments.SweepFiles.Schema;
using Experiments.Tests.Sweeps;
using Xunit;

namespace Experiments.Tests.SweepFiles;

public sealed class SweepSchemaTests
{
    private static readonly JsonObject _schema = JsonNode.Parse(SweepSchema.Write(new CatalogueDouble()))!.AsObject();

    public static TheoryData<string> Files => ConfigFiles.All;

    [Fact]
    public void The_schema_is_as_it_was_last_read_by_a_person()
    {
        var whole = new CatalogueDouble();
        var part = new CatalogueDouble
        {
            Methods = [.. whole.Methods.Where(method => method.Id is "base" or "lora" or "mole")],
            Tasks = [.. whole.Tasks.Where(task => task.Id == "composition")],
            TrainingOptions = [.. whole.TrainingOptions.Where(option => option.Name is "steps" or "optimizer")],
        };

        Snapshot.Matches(SweepSchema.Write(part), "sweep.schema.json");
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_example_fits(string file)
    {
        var document = DraftSeven.FromYaml(File.ReadAllText(ConfigFiles.PathOf(file)));

        Assert.Empty(new DraftSeven(_schema).Misfits(document));
    }

    [Theory]
    [InlineData("method: [lora]")]
    [InlineData("task: leisons")]
    [InlineData("size: huge")]
    [InlineData("seeds: 0")]
    [InlineData("seeds: [1, 1]")]
    [InlineData("seed: -1")]
    [InlineData("name: My Sweep")]
    [InlineData("sampler: dice")]
    [InlineData("sampler: { type: grid, shufle: true }")]
    [InlineData("limits: { wall: soon }")]
    [InlineData("limits: { device_hours: 5 }")]
    [InlineData("resources: { slots: 0 }")]
    [InlineData("resources: { devices: [gpu1] }")]
    [InlineData("compare: { confidence: 95 }")]
    [InlineData("metric: { name: dice, goal: highest }")]
    [InlineData("objectives: []")]
    [InlineData("objectives: [secnds]")]
    [InlineData("objectives: [{ name: seconds, goal: least }]")]
    [InlineData("outcome_constraints: [seconds]")]
    [InlineData("outcome_constraints: [seconds < 5]")]
    [InlineData("methods: []")]
    [InlineData("methods: [lroa]")]
    [InlineData("methods: [{ rank: 8 }]")]
    [InlineData("methods: [{ method: lora, rnak: 8 }]")]
    [InlineData("methods: [{ method: lora, rank: 0 }]")]
    [InlineData("methods: [{ method: lora, rank: eight }]")]
    [InlineData("methods: [{ method: lora, rank: { min: 1, max: 2 } }]")]
    [InlineData("methods: [{ method: lora, optimizer: { low: 1, high: 2 } }]")]
    [InlineData("methods: [{ method: lora, optimizer: adam }]")]
    [InlineData("methods: [{ method: base, steps: 5 }]")]
    [InlineData("methods: [{ method: mole }]")]
    [InlineData("parameters: { learning_rte: 1 }")]
    [InlineData("tasks: [{ task: lesions, methods: [lora], seeds: 3 }]")]
    public void What_a_schema_can_know_to_be_wrong_does_not_fit(string wrong)
    {
        var key = wrong[..wrong.IndexOf(':', StringComparison.Ordinal)];
        string[] good = ["task: lesions", "methods: [lora]"];
        var text = string.Join('\n', good.Where(line => !line.StartsWith(key + ":", StringComparison.Ordinal)).Append(wrong));

        Assert.NotEmpty(new DraftSeven(_schema).Misfits(DraftSeven.FromYaml(text)));
    }

    [Fact]
    public void Every_key_is_described()
    {
        var bare = new List<string>();
        Visit(_schema, "");

        Assert.Empty(bare);

        void Visit(JsonNode? node, string path)
        {
            if (node is JsonArray list)
            {
                foreach (var item in list)
                    Visit(item, path);
            }

            if (node is not JsonObject map)
                return;
            foreach (var (key, value) in map)
            {
                if (key == "properties")
                {
                    bare.AddRange(value!.AsObject()
                        .Where(pair => !IsDescribed(pair.Value!.AsObject()))
                        .Select(pair => $"{path}.{pair.Key}"));
                }

                Visit(value, $"{path}.{key}");
            }
        }

        bool IsDescribed(JsonObject schema) => schema.ContainsKey("description")
            || (schema["$ref"] is { } reference
                && _schema["definitions"]![((string)reference!)["#/definitions/".Length..]]!["description"] is not null)
            || (schema["anyOf"] is JsonArray options && options.All(option => IsDescribed(option!.AsObject())));
    }
}
