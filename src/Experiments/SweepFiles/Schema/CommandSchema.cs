using System.Text.Json.Nodes;
using Experiments.SweepFiles.Reading;
using Experiments.Sweeps;

namespace Experiments.SweepFiles.Schema;

/// <summary>Blocks of programs. Their parameters have whatever names the program knows.</summary>
internal static class CommandSchema
{
    /// <summary>What a block must have: a task and methods, a program for all entries or for each, or none where trials are
    /// asked for.</summary>
    public static IEnumerable<JsonObject> Forms() =>
    [
        Form(["task", "methods"], prefix: ""),
        Form(["command", "metric"], prefix: "command_"),
        Form(["methods", "metric"], prefix: "command_"),
        Form(["workload", "metric"], prefix: "command_"),
    ];

    /// <summary>A key that goes with <c>command</c>; null for any other.</summary>
    public static JsonObject? Of(string key) => key switch
    {
        "command" => SweepSchema.Reference("command"),
        "workload" => SweepSchema.Enum([ExternalSpec.Name, CommandSpec.Name]),
        "directory" or "metrics_file" => new JsonObject { ["type"] = "string" },
        "environment" => new JsonObject { ["type"] = "object" },
        "checkpoints" => new JsonObject { ["type"] = "boolean" },
        "memory_limit" => new JsonObject { ["type"] = "string", ["pattern"] = @"^[0-9]+(\.[0-9]+)? ?[KMGT]i?B?$" },
        "time_limit" or "grace" => new JsonObject { ["type"] = "string", ["pattern"] = "^([0-9]+[dhms])+$" },
        _ => null,
    };

    public static IEnumerable<(string Name, JsonObject Schema)> Definitions() =>
    [
        ("command", new JsonObject
        {
            ["description"] = FileKeys.Block.Summary("command"),
            ["type"] = "array",
            ["minItems"] = 1,
            ["items"] = Scalar(),
        }),
        ("command_methods", new JsonObject
        {
            ["type"] = "array",
            ["minItems"] = 1,
            ["items"] = Required(["as"], SweepSchema.Closed(FileKeys.CommandEntry, key => key switch
            {
                "as" => new JsonObject { ["type"] = "string", ["pattern"] = "^[a-z0-9][a-z0-9-]*$" },
                "command" or "constraints" or "start_with" => SweepSchema.Reference(key),
                _ => SweepSchema.Reference("command_parameters"),
            })),
        }),
        ("command_parameters", new JsonObject { ["type"] = "object" }),
        ("command_metric", Required(["name", "goal"], SweepSchema.Closed(FileKeys.CommandMetric, key => key switch
        {
            "goal" => SweepSchema.Enum(["maximize", "minimize"]),
            "value" => SweepSchema.Enum(["last", "best"]),
            _ => new JsonObject { ["type"] = "string" },
        }))),
        ("command_objectives", SweepSchema.List(SweepSchema.AnyOf(
            SweepSchema.Enum([TrialCosts.PeakMemory, TrialCosts.Seconds]),
            Required(["name"], SweepSchema.Closed(FileKeys.Metric, key => key == "goal"
                ? SweepSchema.Enum(["maximize", "minimize"])
                : new JsonObject { ["type"] = "string" }))))),
    ];

    private static JsonObject Form(string[] required, string prefix)
    {
        var properties = new JsonObject();
        foreach (var key in (string[])["metric", "objectives", "methods", "parameters"])
            properties[key] = SweepSchema.Reference(prefix + key);
        return Required(required, new JsonObject { ["properties"] = properties });
    }

    private static JsonObject Scalar() => SweepSchema.AnyOf(
        new JsonObject { ["type"] = "string" }, new JsonObject { ["type"] = "number" }, new JsonObject { ["type"] = "boolean" });

    private static JsonObject Required(string[] keys, JsonObject schema)
    {
        schema["required"] = OptionSchema.Texts(keys);
        return schema;
    }
}
