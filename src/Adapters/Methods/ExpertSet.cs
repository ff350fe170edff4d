using System.Text.Json.Nodes;
using Adapters.Checkpoints;
using Adapters.Mechanisms;
using Adapters.Models;
using TorchSharp;

namespace Adapters.Methods;

/// <summary>
/// Trained LoRA adapters that a mixture is made of, read from their folders and held against the base. A task's head that
/// they trained along is left out: the mixture trains its own.
/// </summary>
internal sealed class ExpertSet
{
    private const string Root = "base_model.model.";
    private const string A = ".lora_A.weight";
    private const string B = ".lora_B.weight";

    private readonly IReadOnlyList<Dictionary<string, LowRankExpert>> _experts; // each by site

    private ExpertSet(BaseModel model, IReadOnlyList<Dictionary<string, LowRankExpert>> experts)
    {
        _experts = experts;
        Sites = [.. model.Sites.Keys.Where(site => experts.Any(expert => expert.ContainsKey(site)))];
    }

    /// <summary>Number of experts.</summary>
    public int Count => _experts.Count;

    /// <summary>Sites that any of them adapts, in the model's order.</summary>
    public IReadOnlyList<string> Sites { get; }

    /// <summary>Each expert's update of a site; null where it leaves it alone.</summary>
    public IReadOnlyList<LowRankExpert?> On(string site) => [.. _experts.Select(expert => expert.GetValueOrDefault(site))];

    /// <summary>Reads the experts that a trial names; the attachment keeps them, to save them with the mixture.</summary>
    /// <exception cref="AdapterException">When there are none, or one is no LoRA for this base.</exception>
    public static ExpertSet Read(Attachment on)
    {
        if (on.Context.Experts.Count == 0)
            throw new AdapterException($"Method '{on.Method}' composes trained LoRA adapters, but was given none.");
        var device = on.Model.Sites.Values.First().Weight.device;
        on.Experts = [.. on.Context.Experts.Select(folder => StoredAdapter.Read(folder, device))];
        return new ExpertSet(on.Model, [.. on.Experts.Select(stored => UpdatesOf(stored, on))]);
    }

    private static Dictionary<string, LowRankExpert> UpdatesOf(StoredAdapter stored, Attachment on)
    {
        var own = stored.Config["orchestrator"] as JsonObject;
        if ((string?)stored.Config["peft_type"] != "LORA" || (own is not null && (string?)own["method"] != "lora"))
            throw new AdapterException($"{stored.Folder} holds an adapter of the method "
                + $"'{(string?)own?["method"] ?? (string?)stored.Config["peft_type"]}', but only lora adapters can be experts.");
        if ((string?)own?["base_fingerprint"] is { } trained && trained != on.Fingerprint)
            throw new AdapterException($"{stored.Folder} was trained on another base than this {on.Model.Family} model: its "
                + $"base_fingerprint is {trained}, this one's {on.Fingerprint}.");
        var head = (own?["head"] as JsonArray ?? []).Select(name => $"{Root}{name}");
        if (stored.Tensors.Keys.Where(name => SiteOf(name) is null).Except(head).Min() is { } other)
            throw new AdapterException($"{stored.Folder} has also trained '{other}', which cannot be mixed; "
                + "experts may have trained A and B only.");

        return stored.Tensors.Keys.Select(SiteOf).OfType<string>().Distinct()
            .ToDictionary(site => site, site => UpdateOf(stored, site, on.Model));
    }

    private static LowRankExpert UpdateOf(StoredAdapter stored, string site, BaseModel model)
    {
        var (a, b) = (stored.Tensors.GetValueOrDefault(Root + site + A), stored.Tensors.GetValueOrDefault(Root + site + B));
        if (a is null || b is null)
            throw new AdapterException($"{stored.Folder} lacks one of the two factors of {site}.");
        if (!model.Sites.TryGetValue(site, out var layer))
            throw new AdapterException($"{stored.Folder} adapts {site}, which this {model.Family} base does not have.");
        if (a.dim() != 2 || b.dim() != 2 || a.shape[1] != layer.Inputs || b.shape[0] != layer.Outputs || a.shape[0] != b.shape[1])
            throw new AdapterException($"{stored.Folder} adapts {site} by factors of the shapes [{string.Join(", ", b.shape)}] "
                + $"and [{string.Join(", ", a.shape)}], but the layer maps {layer.Inputs} to {layer.Outputs} features.");

        var (rank, alpha) = (a.shape[0], (double?)stored.Config["lora_alpha"]
            ?? throw new AdapterException($"{stored.Folder}/adapter_config.json has no 'lora_alpha'."));
        var rankStabilised = (bool?)stored.Config["use_rslora"] ?? false;
        return new LowRankExpert(a.to(torch.float32), b.to(torch.float32), alpha / (rankStabilised ? Math.Sqrt(rank) : rank));
    }

    private static string? SiteOf(string name) =>
        name.StartsWith(Root, StringComparison.Ordinal) && new[] { A, B }.Any(end => name.EndsWith(end, StringComparison.Ordinal))
            ? name[Root.Length..^A.Length]
            : null;
}
