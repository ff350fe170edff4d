using System.Text.Json;
using System.Text.Json.Nodes;
using Adapters.Methods;
using Adapters.Options;

namespace Adapters.Checkpoints;

/// <summary>Options as the fields of PEFT's <c>adapter_config.json</c>, and back.</summary>
internal static class PeftConfig
{
    /// <summary>PEFT's fields that change nothing in what a trained adapter computes, or that are read elsewhere.</summary>
    private static readonly string[] Inert =
    [
        "peft_type", "peft_version", "task_type", "base_model_name_or_path", "revision", "inference_mode", "auto_mapping",
        "modules_to_save", "target_modules", "exclude_modules", "megatron_core", "qalora_group_size",
    ];

    /// <summary>The biases of the adapted layers, which each of PEFT's methods calls otherwise: lora_only, oft_only, MiSS_only.</summary>
    private static readonly string LayersOnly = OptionSchema.Spell(BiasTraining.LoraOnly);

    /// <summary>
    /// Writes the options that PEFT has a field for. Of one that was left to the method, the config says what the method wrote.
    /// </summary>
    public static void Write(JsonObject config, OptionSchema schema, JsonObject options, string? peftSwitch)
    {
        foreach (var (option, field) in schema.PeftFields)
            if (options[option] is not null || !config.ContainsKey(field.Name))
                config[field.Name] = Theirs(options[option], field);
        if (peftSwitch is not null)
            config[peftSwitch] = true;
        if ((string?)config["bias"] == LayersOnly)
            config["bias"] = (string?)config["peft_type"] switch
            {
                "ADALORA" => "lora_only",
                "FOURIERFT" => "fourier_only",
                var type => $"{type}_only".ToLowerInvariant(),
            };
    }

    /// <summary>The method that an adapter of PEFT's is one of, and its options.</summary>
    /// <param name="config">PEFT's config.</param>
    /// <param name="folder">Where it was read, for messages.</param>
    /// <exception cref="AdapterException">When it asks for what there is not, by name.</exception>
    public static (RegisteredMethod Method, JsonObject Options) Read(JsonObject config, string folder)
    {
        var method = MethodOf(config, folder);
        var fields = method.Options.PeftFields.ToDictionary(pair => pair.Field.Name);
        var options = new JsonObject();
        foreach (var (name, value) in config)
        {
            if (fields.TryGetValue(name, out var pair))
                options[pair.Option] = Ours(value, pair.Field, method.Options.Find(pair.Option).Kind);
            else if (!Inert.Contains(name) && !method.PeftInert.Contains(name) && name != method.PeftSwitch && !SaysNothing(value))
                throw new AdapterException($"{folder}: '{name}' is {value!.ToJsonString()}, and such an adapter cannot be loaded.");
        }

        if (options["bias"] is JsonValue bias && bias.TryGetValue(out string? which) && which.EndsWith("_only", StringComparison.Ordinal))
            options["bias"] = LayersOnly;
        Selection(options, config["target_modules"], "target_modules", "target_pattern");
        Selection(options, config["exclude_modules"], "exclude_modules", "exclude_pattern");
        options["modules_to_save"] = config["modules_to_save"]?.DeepClone();
        return (method, options);
    }

    private static RegisteredMethod MethodOf(JsonObject config, string folder)
    {
        var type = (string?)config["peft_type"];
        var methods = MethodCatalogue.All.Where(method => method.PeftType is not null && method.PeftType == type).ToList();
        return methods.Find(method => method.PeftSwitch is { } name && !SaysNothing(config[name]))
            ?? methods.Find(method => method.PeftSwitch is null)
            ?? throw new AdapterException($"{folder} holds an adapter of PEFT's type '{type}', which cannot be loaded; "
                + $"{string.Join(", ", MethodCatalogue.All.Select(method => method.PeftType).OfType<string>().Distinct().Order())} can.");
    }

    /// <summary>An option's value as PEFT's field has it.</summary>
    public static JsonNode? Theirs(JsonNode? value, PeftFieldAttribute field) => value switch
    {
        JsonArray entries when field.IsMap => new JsonObject(entries.Select(entry => Pair((string)entry!))),
        null when field.IsMap => new JsonObject(),
        JsonValue text when text.GetValueKind() == JsonValueKind.String =>
            (string)text! is var spelt && spelt == field.True ? true : spelt == field.False ? false : spelt,
        _ => value?.DeepClone(),
    };

    private static KeyValuePair<string, JsonNode?> Pair(string entry)
    {
        var cut = entry.LastIndexOf('=');
        return new(entry[..cut], JsonNode.Parse(entry[(cut + 1)..]));
    }

    private static JsonNode? Ours(JsonNode? value, PeftFieldAttribute field, OptionKind kind) => value?.GetValueKind() switch
    {
        JsonValueKind.True when field.True is not null => field.True,
        JsonValueKind.False when field.False is not null => field.False,
        JsonValueKind.Object when field.IsMap =>
            new JsonArray([.. value.AsObject().Select(pair => (JsonNode)$"{pair.Key}={pair.Value?.ToJsonString()}")]),
        JsonValueKind.Number when kind == OptionKind.IntegerList => new JsonArray(value.DeepClone()),
        JsonValueKind.String when kind == OptionKind.TextList => new JsonArray(value.DeepClone()),
        _ => value?.DeepClone(),
    };

    /// <summary>A list of module names, or a regular expression of them, as the option that takes it.</summary>
    private static void Selection(JsonObject options, JsonNode? value, string list, string pattern)
    {
        if (value is JsonValue text && (string?)text is { } expression && expression != "all-linear")
            options[pattern] = expression;
        else
            options[list] = value is JsonValue ? new JsonArray(value.DeepClone()) : value?.DeepClone();
    }

    private static bool SaysNothing(JsonNode? value) => value switch
    {
        null => true,
        JsonArray list => list.Count == 0,
        JsonObject map => map.Count == 0,
        JsonValue text when text.TryGetValue(out string? content) => content == "",
        _ => value.GetValueKind() == JsonValueKind.False || (value.GetValueKind() == JsonValueKind.Number && (double)value == 0),
    };
}
