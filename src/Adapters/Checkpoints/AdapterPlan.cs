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
    /// <exception cref="AdapterException">When the config asks for what there is not, by name.</exception>
    public static AdapterPlan Of(JsonObject config, string folder)
    {
        try
        {
            return config["orchestrator"] is JsonObject own ? OfOurs(own, config, folder) : OfPeft(config, folder);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or JsonException)
        {
            throw new AdapterException($"{folder}/adapter_config.json has a field of the wrong kind: {e.Message}", e);
        }
    }

    /// <exception cref="AdapterException">When the folder says that it was trained on another base.</exception>
    public void RefuseOtherBase(string folder, BaseModel model, string? fingerprint)
    {
        if (Fingerprint is { } trained && trained != fingerprint)
            throw new AdapterException($"{folder} was trained on another base than this {model.Family} model: its base_fingerprint is "
                + $"{trained}, this one's {fingerprint}.");
    }

    /// <summary>The plan of the plain adapter that PEFT would make of a folder of ours.</summary>
    /// <exception cref="AdapterException">When the config asks for what there is not, by name.</exception>
    public AdapterPlan AsPeft(JsonObject config, string folder)
    {
        var theirs = config.DeepClone().AsObject();
        theirs.Remove("orchestrator");
        return OfPeft(theirs, folder) with { Context = Context, Fingerprint = Fingerprint };
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

    private static AdapterPlan OfPeft(JsonObject config, string folder)
    {
        var (method, options) = PeftConfig.Read(config, folder);
        var context = new AttachContext { Base = (string?)config["base_model_name_or_path"] ?? "" };
        return new AdapterPlan(method.Id, options, context, Fingerprint: null);
    }

    private static IReadOnlyList<string> Texts(JsonNode? list) =>
        list is JsonArray items ? [.. items.Select(item => (string)item!)] : [];
}
