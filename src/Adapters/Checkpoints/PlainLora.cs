using System.Text.Json.Nodes;
using Adapters.Methods;
using Adapters.Methods.Compositions;
using Adapters.Options;
using static TorchSharp.torch;

namespace Adapters.Checkpoints;

/// <summary>
/// Low-rank adapters that others cannot read as they are, as plain ones. Where the start was taken from the weight (pissa, olora,
/// lora-ga), twice the rank: the factors <c>[B B₀]</c> and <c>[A; −A₀]</c> hold what is subtracted, so that whoever reads them needs no
/// more than the base as it is, and never computes the start again. Where parts of a fused layer are adapted, the layer whole
/// (<see cref="JoinedParts"/>). What LoRAHub has found, the one LoRA that it is.
/// </summary>
public static class PlainLora
{
    private const string InitialA = ".initial_A";
    private const string InitialB = ".initial_B";

    /// <summary>Writes an adapter's folder as that of a plain one, which PEFT reads too.</summary>
    /// <param name="from">The adapter's folder.</param>
    /// <param name="to">The folder to write; an older adapter in it is replaced.</param>
    /// <exception cref="AdapterException">When it cannot be read, or is plain already, or cannot be.</exception>
    public static void Export(string from, string to)
    {
        using var scope = NewDisposeScope();
        using var read = StoredAdapter.Read(from);
        var stored = LoraHub.Made(read) ? LoraHub.AsLora(read) : read;
        var sites = stored.Beside.Keys.Where(name => name.EndsWith(InitialA, StringComparison.Ordinal))
            .Select(name => name[..^InitialA.Length]).ToList();
        var parts = stored.Config["orchestrator"]?["parts"] as JsonObject;
        if (sites.Count == 0 && parts is null && stored != read)
        {
            stored.Write(to);
            return;
        }

        if (sites.Count == 0 && parts is null)
            throw new AdapterException($"{from} holds an adapter that took nothing from the base's weight: it is plain already.");

        var plan = AdapterPlan.Of(stored.Config, stored.Folder);
        var method = MethodCatalogue.Find(plan.Method);
        if (method.Options.Bind(plan.Options, $"method '{plan.Method}'") is not Lora.LowRankOptions options)
            throw new AdapterException($"{from} holds an adapter of the method '{plan.Method}', which is no plain LoRA of any rank.");
        if (parts is not null && plan.Method != "lora")
            throw new AdapterException($"{from} holds an adapter of the method '{plan.Method}' on {parts.First().Key}, a part of a layer, "
                + "which no such adapter of the whole layer is equal to.");

        var tensors = stored.Tensors.ToDictionary();
        if (sites.Count > 0)
            options = WithStarts(options, tensors, sites, stored.Beside);
        if (parts is not null)
            options = JoinedParts.Join(options, tensors, parts);
        new StoredAdapter { Config = ConfigOf(stored, method, options), Tensors = tensors }.Write(to);
    }

    /// <summary>Twice the ranks, and the numerators that leave the scale as it was.</summary>
    private static Lora.LowRankOptions WithStarts(Lora.LowRankOptions options, Dictionary<string, Tensor> tensors,
        IReadOnlyList<string> sites, IReadOnlyDictionary<string, Tensor> beside)
    {
        foreach (var site in sites)
        {
            var embedding = tensors.ContainsKey($"{site}.lora_embedding_A");
            var (nameA, nameB) = embedding ? ($"{site}.lora_embedding_A", $"{site}.lora_embedding_B")
                : ($"{site}.lora_A.weight", $"{site}.lora_B.weight");
            var (a, b) = (tensors[nameA], tensors[nameB]);
            tensors[nameA] = cat([a, -beside[site + InitialA].reshape(a.shape)], 0);
            tensors[nameB] = cat([b, beside[site + InitialB].reshape(b.shape)], 1);
        }

        var growth = options.Rslora ? Math.Sqrt(2) : 2;
        return options with
        {
            Rank = 2 * options.Rank,
            Alpha = growth * options.Alpha,
            RankPattern = LayerPatterns.Times(options.RankPattern, "rank_pattern", 2),
            AlphaPattern = LayerPatterns.Times(options.AlphaPattern, "alpha_pattern", growth),
            Init = "kaiming",
        };
    }

    private static JsonObject ConfigOf(StoredAdapter stored, RegisteredMethod method, Lora.LowRankOptions options)
    {
        var plain = OptionSchema.Write(options);
        var config = stored.Config.DeepClone().AsObject();
        foreach (var (option, field) in method.Options.PeftFields.Where(pair => pair.Option
            is "rank" or "alpha" or "rank_pattern" or "alpha_pattern" or "init" or "layers_to_transform" or "layers_pattern"))
            config[field.Name] = PeftConfig.Theirs(plain[option], field);
        if (config["orchestrator"] is not JsonObject own)
            return config;
        own["options"] = plain;
        if (own.Remove("parts"))
        {
            config["target_modules"] = plain["target_modules"]!.DeepClone();
            config.Remove("exclude_modules");
        }

        return config;
    }
}
