using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using Adapters.Checkpoints;
using Adapters.Mechanisms;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Methods.Compositions;

/// <summary>LoRAHub: the factors of trained updates are summed by weights that a few examples decide, without gradients.</summary>
/// <remarks>
/// Section 3 of the paper: the weights scale both factors, so that an update is quadratic in them, and are searched from 0, where
/// it is the base. A step of the training is an evaluation of the loss on one batch, the same at each step; the paper makes 40 on
/// five examples. There a portfolio of searches is used, here the (1+1) evolution strategy. The experts must have one rank and scale.
/// </remarks>
[AdapterMethod(LoraHub.Id,
    Source = "Huang et al. 2023, arXiv:2307.13269",
    Equation = "y = Wx + b + s·(Σ w_n·B_n)(Σ w_n·A_n)·x, w searched without gradients",
    OperationsPerToken = "rank * (in + out)",
    OperationsPerPass = "experts * rank * (in + out)",
    OperationsToMerge = "rank * in * out + experts * rank * (in + out)",
    KeptPerLayer = "experts * rank * (in + out)",
    ComposesExperts = true)]
internal sealed class LoraHub : AdapterMethod<LoraHub.Options>
{
    internal const string Id = "lorahub";
    private const string SavedWeights = "base_model.lorahub_weights";

    public sealed record Options
    {
        /// <summary>Largest magnitude of a weight.</summary>
        [Range(0.0, 1000.0)]
        public double Bound { get; init; } = 1.5;

        /// <summary>What the mean magnitude of the weights counts for in the loss.</summary>
        [Range(0.0, 1000.0)]
        public double Penalty { get; init; } = 0.05;
    }

    protected override void Attach(Attachment on, Options options)
    {
        var experts = ExpertSet.ReadHeadless(on);
        var weights = on.Share("lorahub_weights", () => zeros(experts.Count, device: on.Model.Device));
        var state = on.Share("lorahub_search", Keeping.InCheckpoints, () => OneFifthSearch.Start(options.Bound));
        foreach (var name in experts.Sites)
            on.Put(name, new WeightedFactors(on.Model.SitesAndParts[name], FactorSums.Alike(on.Method, name, experts.On(name)), weights));
        on.AddLoss(() => Magnitude(weights, options.Penalty));
        on.Search = new OneFifthSearch(weights, state, options.Bound, on.Context.Seed).Step;
    }

    /// <summary>Whether a folder holds what a search has found.</summary>
    internal static bool Made(StoredAdapter stored) => (string?)stored.Config["orchestrator"]?["method"] == Id;

    /// <summary>What a search has found as one LoRA of the experts' rank, which needs neither weights nor experts any more.</summary>
    /// <exception cref="AdapterException">When the experts are no LoRAs of one rank and scale.</exception>
    internal static StoredAdapter AsLora(StoredAdapter hub)
    {
        var weights = hub.Tensors[SavedWeights].to(float64).data<double>().ToArray();
        var experts = hub.Experts.Select(expert => ExpertSet.UpdatesIn(expert)).ToList();
        var (tensors, ranks) = (new Dictionary<string, Tensor>(), new Dictionary<string, long>());
        foreach (var name in experts.SelectMany(expert => expert.Keys).Distinct())
        {
            var alike = FactorSums.Alike(Id, name, [.. experts.Select(expert => expert.GetValueOrDefault(name))]);
            var a = tensors[$"{Attachment.Root}{name}.lora_A.weight"] = FactorSums.Sum(alike.Select(expert => expert.A), weights);
            tensors[$"{Attachment.Root}{name}.lora_B.weight"] =
                FactorSums.Sum(alike.Select(expert => expert.B), weights) * alike[0].Scale;
            ranks.Add(name, a.shape[0]);
        }

        var config = hub.Config.DeepClone().AsObject();
        var own = config["orchestrator"]!.AsObject();
        config.Remove("orchestrator");
        ComposedLora.Describe(config, ranks);
        config = JsonNode.Parse(config.ToJsonString())!.AsObject(); // as it is read: numbers of no type
        own.Remove("experts");
        (own["method"], own["options"]) = ("lora", PeftConfig.Read(config, hub.Folder).Options);
        config["orchestrator"] = own;
        return new StoredAdapter { Folder = hub.Folder, Config = config, Tensors = tensors };
    }

    private static Tensor Magnitude(Parameter weights, double penalty)
    {
        using var scope = NewDisposeScope();
        return (weights.abs().mean() * penalty).MoveToOuterDisposeScope();
    }
}
