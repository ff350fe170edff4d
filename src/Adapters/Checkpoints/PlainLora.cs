using System.Text.Json.Nodes;
using Adapters.Methods;
using Adapters.Options;
using static TorchSharp.torch;

namespace Adapters.Checkpoints;

/// <summary>
/// Low-rank adapters whose start was taken from the weight (pissa, olora), as plain ones of twice the rank: the factors
/// <c>[B B₀]</c> and <c>[A; −A₀]</c> hold what is subtracted, so that whoever reads them needs no more than the base as it
/// is, and never computes the start again.
/// </summary>
public static class PlainLora
{
    private const string InitialA = ".initial_A";
    private const string InitialB = ".initial_B";

    /// <summary>Writes an adapter's folder as that of a plain one, which PEFT reads too.</summary>
    /// <param name="from">The adapter's folder.</param>
    /// <param name="to">The folder to write; an older adapter in it is replaced.</param>
    /// <exception cref="AdapterException">When it cannot be read, or took nothing from the weight.</exception>
    public static void Export(string from, string to)
    {
        using var scope = NewDisposeScope();
        using var stored = StoredAdapter.Read(from);
        var sites = stored.Beside.Keys.Where(name => name.EndsWith(InitialA, StringComparison.Ordinal))
            .Select(name => name[..^InitialA.Length]).ToList();
        if (sites.Count == 0)
            throw new AdapterException($"{from} holds an adapter that took nothing from the base's weight: it is plain already.");

        var tensors = stored.Tensors.ToDictionary();
        foreach (var site in sites)
        {
            var embedding = tensors.ContainsKey($"{site}.lora_embedding_A");
            var (nameA, nameB) = embedding ? ($"{site}.lora_embedding_A", $"{site}.lora_embedding_B")
                : ($"{site}.lora_A.weight", $"{site}.lora_B.weight");
            var (a, b) = (tensors[nameA], tensors[nameB]);
            tensors[nameA] = cat([a, -stored.Beside[site + InitialA].reshape(a.shape)], 0);
            tensors[nameB] = cat([b, stored.Beside[site + InitialB].reshape(b.shape)], 1);
        }

        new StoredAdapter { Config = ConfigOf(stored), Tensors = tensors }.Write(to);
    }

    /// <summary>Twice the ranks, and the numerators that leave the scale as it was.</summary>
    private static JsonObject ConfigOf(StoredAdapter stored)
    {
        var plan = AdapterPlan.Of(stored.Config, stored.Folder);
        var method = MethodCatalogue.Find(plan.Method);
        if (method.Options.Bind(plan.Options, $"method '{plan.Method}'") is not Lora.LowRankOptions options)
            throw new AdapterException(
                $"{stored.Folder} holds an adapter of the method '{plan.Method}', which is no plain LoRA of any rank.");
        var growth = options.Rslora ? Math.Sqrt(2) : 2;
        var plain = OptionSchema.Write(options with
        {
            Rank = 2 * options.Rank,
            Alpha = growth * options.Alpha,
            RankPattern = LayerPatterns.Times(options.RankPattern, "rank_pattern", 2),
            AlphaPattern = LayerPatterns.Times(options.AlphaPattern, "alpha_pattern", growth),
            Init = "kaiming",
        });

        var config = stored.Config.DeepClone().AsObject();
        foreach (var (option, field) in method.Options.PeftFields.Where(pair =>
            pair.Option is "rank" or "alpha" or "rank_pattern" or "alpha_pattern" or "init"))
            config[field.Name] = PeftConfig.Theirs(plain[option], field);
        if (config["orchestrator"] is JsonObject own)
            own["options"] = plain;
        return config;
    }
}
