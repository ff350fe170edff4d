using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Experiments.Samplers;
using Experiments.Schedulers;
using Experiments.SweepFiles.Reading;
using Experiments.Sweeps;

namespace Experiments.SweepFiles.Schema;

/// <summary>
/// The JSON Schema (draft-07) of sweep files, out of the same keys and options that the reader goes by. An editor completes
/// and explains with it; what depends on several places (names, order, conditions) only the reader can say.
/// </summary>
public static class SweepSchema
{
    private static readonly JsonSerializerOptions _layout = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NewLine = "\n",
    };

    /// <summary>The schema of sweep files that name what a catalogue holds, indented, with a line end.</summary>
    public static string Write(ICatalogue catalogue) => Of(catalogue).ToJsonString(_layout) + "\n";

    private static JsonObject Of(ICatalogue catalogue)
    {
        var entries = new EntrySchema(catalogue);
        var block = Block(catalogue);
        return new JsonObject
        {
            ["$schema"] = "http://json-schema.org/draft-07/schema#",
            ["title"] = "Sweep file",
            ["description"] = "Methods with their search spaces on tasks, replicated over seeds.",
            ["type"] = "object",
            ["additionalProperties"] = false,
            ["anyOf"] = new JsonArray(
            [
                .. CommandSchema.Forms(),
                new JsonObject
                {
                    ["required"] = OptionSchema.Texts(["tasks"]),
                    ["properties"] = new JsonObject { ["parameters"] = Reference("parameters") },
                },
            ]),
            ["properties"] = Properties(FileKeys.Sweep, key => block.TryGetPropertyValue(key, out var shared)
                ? shared!.DeepClone().AsObject()
                : OfSweep(key, catalogue, block)),
            ["definitions"] = Definitions(catalogue, entries),
        };
    }

    private static JsonObject OfSweep(string key, ICatalogue catalogue, JsonObject block) => key switch
    {
        "name" => new JsonObject { ["type"] = "string", ["pattern"] = "^[a-z0-9-]{1,64}$" },
        "tasks" => new JsonObject
        {
            ["type"] = "array",
            ["minItems"] = 1,
            ["items"] = new JsonObject
            {
                ["type"] = "object",
                ["additionalProperties"] = false,
                ["anyOf"] = new JsonArray([.. CommandSchema.Forms()]),
                ["properties"] = block.DeepClone(),
            },
        },
        "seeds" => AnyOf(Whole(1), new JsonObject { ["type"] = "array", ["minItems"] = 1, ["uniqueItems"] = true, ["items"] = Whole(0) }),
        "seed" or "retries" => Whole(0),
        "trials" or "report" => Whole(1),
        "sampler" => Part(SamplerCatalogue.All, BesideOptions),
        "scheduler" => Part(SchedulerCatalogue.All),
        "limits" => Closed(FileKeys.Limits, inner => inner switch
        {
            "cost" or "price_per_device_hour" => new JsonObject { ["type"] = "number", ["exclusiveMinimum"] = 0 },
            "at_limit" => Enum(["stop", "drain"]),
            _ => new JsonObject { ["type"] = "string", ["pattern"] = "^([0-9]+[dhms])+$" },
        }),
        "resources" => Closed(FileKeys.Resources, inner => inner == "slots" ? Whole(1) : Devices()),
        "compare" => Closed(FileKeys.Compare, inner => inner switch
        {
            "reference" => new JsonObject { ["type"] = "string" },
            "claims" => List(Closed(FileKeys.Claim, Claim)),
            _ => new JsonObject { ["type"] = "number", ["exclusiveMinimum"] = 0, ["exclusiveMaximum"] = 1 },
        }),
        _ => throw new NotSupportedException($"The schema does not know the key '{key}' of {catalogue.GetType().Name}."),
    };

    private static JsonObject Claim(string key) => key switch
    {
        "better" or "than" => AnyOf(new JsonObject { ["type"] = "string" }, List(new JsonObject { ["type"] = "string" })),
        "metric" => AnyOf(
            new JsonObject { ["type"] = "string" },
            Closed(FileKeys.Metric, inner => inner == "goal" ? Enum(["maximize", "minimize"]) : new JsonObject { ["type"] = "string" })),
        "margin" => new JsonObject { ["type"] = "number", ["minimum"] = 0 },
        _ => new JsonObject { ["type"] = "string" },
    };

    private static JsonObject Block(ICatalogue catalogue) => Properties(FileKeys.Block, key => key switch
    {
        "task" => Enum(catalogue.Tasks.Select(task => task.Id)),
        "size" => Enum(catalogue.Tasks.SelectMany(task => task.Sizes).Distinct()),
        "base" => AnyOf(
            Enum(catalogue.Bases.Select(model => model.Id)),
            new JsonObject { ["type"] = "string" },
            Closed(FileKeys.Base, _ => new JsonObject { ["type"] = "string" })),
        "metric" or "objectives" or "methods" or "parameters" => AnyOf(Reference(key), Reference($"command_{key}")),
        "outcome_constraints" => AnyOf(OutcomeConstraint(), List(OutcomeConstraint())),
        "constraints" => Reference("constraints"),
        _ => CommandSchema.Of(key) ?? throw new NotSupportedException($"The schema does not know the key '{key}' of a block."),
    });

    private static IEnumerable<string> Metrics(ICatalogue catalogue) =>
        catalogue.Tasks.SelectMany(task => task.Metrics).Distinct();

    private static JsonObject Objective(IEnumerable<string> names) => AnyOf(
        Enum(names), Closed(FileKeys.Metric, inner => inner == "goal" ? Enum(["maximize", "minimize"]) : Enum(names)));

    private static JsonObject OutcomeConstraint() => new()
    {
        ["type"] = "string",
        ["pattern"] = @"^\s*[A-Za-z_][A-Za-z0-9_]*\s*[<>]=\s*[-+0-9.eE]+\s*$",
    };

    internal static JsonObject List(JsonObject items) => new() { ["type"] = "array", ["minItems"] = 1, ["items"] = items };

    private static JsonObject Definitions(ICatalogue catalogue, EntrySchema entries)
    {
        var definitions = new JsonObject
        {
            ["environment"] = new JsonObject
            {
                ["description"] = "What an environment variable holds.",
                ["type"] = "string",
                ["pattern"] = @"^\$\{env:[^}]+\}$",
            },
            ["when"] = new JsonObject
            {
                ["description"] = FileKeys.Domain.Summary("when"),
                ["type"] = "object",
                ["minProperties"] = 1,
            },
            ["methods"] = new JsonObject { ["type"] = "array", ["minItems"] = 1, ["items"] = entries.Entry() },
            ["parameters"] = entries.Parameters(),
            ["constraints"] = new JsonObject
            {
                ["type"] = "array",
                ["minItems"] = 1,
                ["items"] = new JsonObject { ["type"] = "string" },
            },
            ["start_with"] = new JsonObject
            {
                ["description"] = FileKeys.Entry.Summary("start_with"),
                ["type"] = "array",
                ["minItems"] = 1,
                ["items"] = new JsonObject { ["type"] = "object", ["minProperties"] = 1 },
            },
            ["metric"] = Objective(Metrics(catalogue)),
            ["objectives"] = List(Objective(Metrics(catalogue).Concat(TrialCosts.Names))),
        };
        foreach (var (name, schema) in CommandSchema.Definitions())
            definitions[name] = schema;
        foreach (var key in (string[])["methods", "parameters", "constraints", "metric", "objectives", "command_methods",
            "command_parameters", "command_metric", "command_objectives"])
            definitions[key]!["description"] = FileKeys.Block.Summary(key.Replace("command_", "", StringComparison.Ordinal));
        foreach (var (name, schema) in entries.Options())
            definitions[name] = schema;
        return definitions;
    }

    private static JsonObject Part(
        IReadOnlyList<PartDescription> parts, Func<PartDescription, IEnumerable<(string, JsonObject)>>? beside = null) => AnyOf(
    [
        Enum(parts.Select(part => part.Id)),
        .. parts.Select(part =>
        {
            var properties = new JsonObject { ["type"] = new JsonObject { ["const"] = part.Id, ["description"] = part.Summary } };
            foreach (var option in part.Options)
            {
                properties[option.Name] = OptionSchema.Value(option);
                properties[option.Name]!["description"] = OptionSchema.Describe(option);
            }

            foreach (var (name, schema) in beside?.Invoke(part) ?? [])
                properties[name] = schema;
            return new JsonObject
            {
                ["type"] = "object",
                ["additionalProperties"] = false,
                ["required"] = OptionSchema.Texts(["type"]),
                ["properties"] = properties,
            };
        }),
    ]);

    /// <summary>What a sampler that learns can be told besides its options.</summary>
    private static IEnumerable<(string Name, JsonObject Schema)> BesideOptions(PartDescription sampler)
    {
        if (!SamplerCatalogue.Create(new SamplerSpec { Type = sampler.Id }).UsesHistory)
            yield break;
        var list = List(new JsonObject { ["type"] = "string" });
        list["description"] = FileKeys.Sampler.Summary("warm_start");
        yield return ("warm_start", list);
    }

    /// <summary>Each key with its schema and what it means.</summary>
    internal static JsonObject Properties(KeySet keys, Func<string, JsonObject> schemaOf)
    {
        var properties = new JsonObject();
        foreach (var key in keys.Keys)
        {
            var schema = schemaOf(key.Name);
            if (!schema.ContainsKey("$ref"))
                schema["description"] = key.Summary; // beside a reference it would be ignored
            properties[key.Name] = schema;
        }

        return properties;
    }

    internal static JsonObject Closed(KeySet keys, Func<string, JsonObject> schemaOf) => new()
    {
        ["type"] = "object",
        ["additionalProperties"] = false,
        ["properties"] = Properties(keys, schemaOf),
    };

    private static JsonObject Devices()
    {
        var device = new JsonObject { ["type"] = "string", ["pattern"] = "^(cpu|cuda)(:[0-9]+)?$" };
        return AnyOf(device, new JsonObject { ["type"] = "array", ["items"] = device.DeepClone() });
    }

    internal static JsonObject AnyOf(params JsonObject[] schemas) => new() { ["anyOf"] = new JsonArray([.. schemas]) };

    internal static JsonObject Enum(IEnumerable<string> values) => new() { ["enum"] = OptionSchema.Texts(values) };

    private static JsonObject Whole(int least) => new() { ["type"] = "integer", ["minimum"] = least };

    internal static JsonObject Reference(string definition) => new() { ["$ref"] = $"#/definitions/{definition}" };
}
