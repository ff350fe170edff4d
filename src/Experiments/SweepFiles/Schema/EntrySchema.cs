using System.Text.Json.Nodes;
using Experiments.SweepFiles.Reading;
using Experiments.Sweeps;

namespace Experiments.SweepFiles.Schema;

/// <summary>Elements of <c>methods:</c> and shared parameters. An option is described once, under a definition of its own.</summary>
internal sealed class EntrySchema(ICatalogue catalogue)
{
    /// <summary>A bare method name, or a mapping of the method and its options.</summary>
    public JsonObject Entry() => new()
    {
        ["anyOf"] = new JsonArray(
        [
            new JsonObject { ["enum"] = OptionSchema.Texts(catalogue.Methods.Select(method => method.Id)) },
            .. catalogue.Methods.Select(Mapping),
        ]),
    };

    /// <summary>Every option that some method, the training or some task has.</summary>
    public JsonObject Parameters() => new()
    {
        ["type"] = "object",
        ["additionalProperties"] = false,
        ["properties"] = Merged(catalogue.Methods.SelectMany(OfMethod).Concat(OfTraining()).Concat(OfTasks())),
    };

    /// <summary>The definition of each option.</summary>
    public IEnumerable<(string Definition, JsonObject Schema)> Options() =>
        catalogue.Methods.SelectMany(OfMethod).Concat(OfTraining()).Concat(OfTasks())
            .Select(item => (item.Definition, OptionSchema.Of(item.Option)));

    private JsonObject Mapping(MethodDescription method)
    {
        var options = OfMethod(method).Concat(method.Trains ? OfTraining() : []).Concat(OfTasks());
        var properties = new JsonObject
        {
            ["method"] = new JsonObject { ["const"] = method.Id, ["description"] = method.Summary },
            ["as"] = Name("as"),
            ["constraints"] = new JsonObject { ["$ref"] = "#/definitions/constraints" },
            ["start_with"] = new JsonObject { ["$ref"] = "#/definitions/start_with" },
        };
        if (method.ComposesExperts)
            properties["experts"] = Name("experts");
        foreach (var (name, schema) in Merged(options.Where(item => !properties.ContainsKey(item.Option.Name))).ToList())
            properties[name] = schema!.DeepClone();
        return new JsonObject
        {
            ["type"] = "object",
            ["additionalProperties"] = false,
            ["required"] = OptionSchema.Texts(method.ComposesExperts ? ["method", "experts"] : ["method"]),
            ["properties"] = properties,
        };
    }

    private static JsonObject Name(string key) => new()
    {
        ["type"] = "string",
        ["pattern"] = "^[a-z0-9][a-z0-9-]*$",
        ["description"] = FileKeys.Entry.Summary(key),
    };

    /// <summary>A property for each name; one that several have may be as any of them says.</summary>
    private static JsonObject Merged(IEnumerable<(string Definition, OptionDescription Option)> options)
    {
        var properties = new JsonObject();
        foreach (var group in options.GroupBy(item => item.Option.Name))
        {
            JsonObject[] references =
                [.. group.Select(item => new JsonObject { ["$ref"] = $"#/definitions/{item.Definition}" })];
            properties[group.Key] = references is [var only] ? only : new JsonObject { ["anyOf"] = new JsonArray([.. references]) };
        }

        return properties;
    }

    private static IEnumerable<(string Definition, OptionDescription Option)> OfMethod(MethodDescription method) =>
        method.Options.Select(option => ($"{method.Id}.{option.Name}", option));

    private IEnumerable<(string Definition, OptionDescription Option)> OfTraining() =>
        catalogue.TrainingOptions.Select(option => ($"training.{option.Name}", option));

    private IEnumerable<(string Definition, OptionDescription Option)> OfTasks() =>
        catalogue.Tasks.SelectMany(task => task.Options.Select(option => ($"task.{task.Id}.{option.Name}", option)));
}
