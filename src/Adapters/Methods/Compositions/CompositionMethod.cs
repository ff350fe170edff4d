using System.Text.Json.Nodes;
using Adapters.Mechanisms;
using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Methods.Compositions;

/// <summary>
/// A method that makes one frozen low-rank adapter of trained ones and trains nothing. What it saves is a LoRA folder that PEFT
/// loads, and that can be an expert again.
/// </summary>
/// <typeparam name="TOptions">Its options record.</typeparam>
internal abstract class CompositionMethod<TOptions> : AdapterMethod<TOptions>
    where TOptions : CompositionOptions, new()
{
    protected sealed override void Attach(Attachment on, TOptions options)
    {
        var experts = ExpertSet.ReadHeadless(on);
        var weights = options.WeightsOf(on.Method, experts.Count);
        CheckCount(options, experts.Count);
        var ranks = new Dictionary<string, long>();
        foreach (var name in experts.Sites)
        {
            var layer = new ComposedLayer(on.Method, name, on.Model.SitesAndParts[name], experts.On(name), weights, on.Generator);
            var (a, b) = Compose(layer, options);
            var composed = new FrozenLowRank(layer.Site, a, b);
            on.Put(name, composed);
            ranks.Add(name, composed.Rank);
        }

        ComposedLora.Describe(on.Config, ranks);
    }

    /// <summary>Refuses a number of experts that the options do not go with.</summary>
    protected virtual void CheckCount(TOptions options, int experts) { }

    /// <summary>Makes factors A <c>[rank, in]</c> and B <c>[out, rank]</c> of a layer's update BA, scales within.</summary>
    /// <exception cref="AdapterException">When the experts do not go together, with the layer.</exception>
    protected abstract (Tensor A, Tensor B) Compose(ComposedLayer layer, TOptions options);
}

/// <summary>What PEFT's config says of a LoRA that was made of others.</summary>
internal static class ComposedLora
{
    /// <summary>Says it.</summary>
    /// <param name="config">Takes it.</param>
    /// <param name="ranks">The layers and the rank of each; the scale alpha / r is 1 in all.</param>
    public static void Describe(JsonObject config, IReadOnlyDictionary<string, long> ranks)
    {
        var most = ranks.Values.Max();
        config["peft_type"] = "LORA";
        config["r"] = most;
        config["lora_alpha"] = most;
        config["lora_dropout"] = 0.0;
        config["bias"] = "none";
        config["target_modules"] = new JsonArray([.. ranks.Keys.Select(name => (JsonNode)name)]);
        config["rank_pattern"] = Others();
        config["alpha_pattern"] = Others();

        JsonObject Others() => new(ranks.Where(pair => pair.Value != most)
            .Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
    }
}

/// <summary>A layer with what experts have learnt for it.</summary>
/// <param name="Method">The composition's registered name.</param>
/// <param name="Name">The layer's full name.</param>
/// <param name="Site">The layer.</param>
/// <param name="Experts">Each expert's update; null where it leaves the layer alone.</param>
/// <param name="Weights">Each expert's weight.</param>
/// <param name="Generator">Draws, on the CPU.</param>
internal sealed record ComposedLayer(string Method, string Name, Site Site, IReadOnlyList<LowRankExpert?> Experts,
    IReadOnlyList<double> Weights, Generator Generator)
{
    /// <summary>Rank of the largest update.</summary>
    public int LargestRank => (int)Experts.Max(expert => expert?.A.shape[0] ?? 0);

    /// <summary>The experts that adapt the layer, their weights multiplied into their scales.</summary>
    public IReadOnlyList<LowRankExpert> Weighted() =>
    [
        .. Experts.Zip(Weights).Where(pair => pair.First is not null)
            .Select(pair => pair.First! with { Scale = pair.First.Scale * pair.Second }),
    ];
}
