using System.Text.Json;
using System.Text.Json.Nodes;
using Adapters.Methods;
using Adapters.Models;

namespace Adapters.Checkpoints;

/// <summary>How to rebuild an adapter from an <c>adapter_config.json</c>, ours or PEFT's.</summary>
/// <param name="Method">The method's registered name.</param>
/// <param name="Options">Its options.</param>
/// <param name="Context">What the trial had added.</param>
/// <param name="Fingerprint">Of the base it was trained on; null where the folder does not say.</param>
internal sealed record AdapterPlan(string Method, JsonObject Options, AttachContext Context, string? Fingerprint)
{
    /// <summary>PEFT's fields that our LoRA has under another name.</summary>
    private static readonly (string Theirs, string Ours)[] LoraFields =
    [
        ("r", "rank"), ("lora_alpha", "alpha"), ("lora_dropout", "dropout"), ("use_rslora", "rslora"), ("bias", "bias"),
        ("target_modules", "target_modules"),
    ];

    /// <summary>PEFT's fields that change nothing in what a trained adapter computes.</summary>
    private static readonly string[] Inert =
    [
        "peft_type", "peft_version", "task_type", "base_model_name_or_path", "revision", "inference_mode", "auto_mapping",
        "modules_to_save", "megatron_core", "qalora_group_size", "init_lora_weights",
    ];

    /// <exception cref="AdapterException">When the config asks for what there is not, by name.</exception>
    public static AdapterPlan Of(JsonObject config, string folder, BaseModel model)
    {
        try
        {
            return config["orchestrator"] is JsonObject own ? OfOurs(own, config, folder) : OfPeft(config, folder, model);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or JsonException)
        {
            throw new AdapterException($"{folder}/adapter_config.json has a field of the wrong kind: {e.Message}", e);
        }
    }

    private static AdapterPlan OfOurs(JsonObject own, JsonObject config, string folder) => new(
        (string?)own["method"] ?? throw new AdapterException($"{folder}/adapter_config.json names no method."),
        own["options"] as JsonObject ?? [],
        new AttachContext
        {
            Head = Texts(own["head"]),
            TargetLength = (int?)own["target_length"],
            Experts = [.. StoredAdapter.ExpertFolders(folder, config)],
            Base = (string?)config["base_model_name_or_path"] ?? "",
        },
        (string?)own["base_fingerprint"]);

    private static AdapterPlan OfPeft(JsonObject config, string folder, BaseModel model)
    {
        if ((string?)config["peft_type"] is not "LORA" and var type)
            throw new AdapterException($"{folder} holds an adapter of PEFT's type '{type}', which cannot be loaded; LORA can.");
        if (config["target_modules"] is JsonValue pattern && (string?)pattern != "all-linear")
            throw new AdapterException(
                $"{folder}: target_modules is the expression '{pattern}', but only a list of names can be loaded.");

        var options = new JsonObject();
        foreach (var (field, value) in config)
        {
            if (LoraFields.FirstOrDefault(pair => pair.Theirs == field).Ours is { } option)
                options[option] = value is JsonValue && option == "target_modules" ? new JsonArray("all-linear") : value?.DeepClone();
            else if (!Inert.Contains(field) && !SaysNothing(value))
                throw new AdapterException(
                    $"{folder}: '{field}' is {value!.ToJsonString()}, and such an adapter cannot be loaded.");
        }

        if (config["init_lora_weights"] is JsonValue init && init.TryGetValue(out string? way) && way != "gaussian")
            throw new AdapterException(
                $"{folder}: init_lora_weights is '{way}', which changed the base's weights, so that the adapter alone is not enough.");
        return new AdapterPlan("lora", options, new AttachContext
        {
            Head = ParametersOf(model, Texts(config["modules_to_save"])),
            Base = (string?)config["base_model_name_or_path"] ?? "",
        }, Fingerprint: null);
    }

    private static bool SaysNothing(JsonNode? value) => value switch
    {
        null => true,
        JsonArray list => list.Count == 0,
        JsonObject map => map.Count == 0,
        JsonValue text when text.TryGetValue(out string? content) => content == "",
        _ => value.GetValueKind() == JsonValueKind.False,
    };

    private static IReadOnlyList<string> ParametersOf(BaseModel model, IReadOnlyList<string> modules) =>
        [.. model.named_parameters().Select(pair => pair.name).Where(name => modules.Any(module =>
            name.StartsWith($"{module}.", StringComparison.Ordinal) || name.Contains($".{module}.", StringComparison.Ordinal)))];

    private static IReadOnlyList<string> Texts(JsonNode? list) =>
        list is JsonArray items ? [.. items.Select(item => (string)item!)] : [];
}
