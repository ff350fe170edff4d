using System.ComponentModel.DataAnnotations;
using Adapters.Checkpoints;
using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Models.Causal;
using Adapters.Models.Layers;
using Adapters.Options;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Methods.Hybrids;

/// <summary>
/// Gates over trained LongLoRAs, which stay frozen: each group of tokens weighs their updates by what the groups before it were
/// like; their embeddings and norms are mixed by one softmax for all.
/// </summary>
/// <remarks>
/// MoLE's gates carried over to LongLoRA; causal, because a group's gate sees earlier groups only and the first group's is
/// softmax(b). Shifted sparse attention while the gates train, full attention after. With one expert it is that LongLoRA.
/// </remarks>
[AdapterMethod("gated-long-lora",
    Source = "of Wu et al. 2024, arXiv:2404.13628, and Chen et al. 2023, arXiv:2309.12307",
    Equation = "y = Wx + b + Σ g_n·s_n·B_n(A_n·x), g a softmax for each group of tokens; P = P_0 + Σ softmax(b)_n·(P_n − P_0)",
    OperationsPerToken = "experts * rank * (in + out) + gate * experts * rank * rank",
    OperationsPerPass = Mole.GatePerPass,
    KeptPerLayer = Mole.Kept,
    CostRemark = Mole.GateIs + "; a number of a norm or embedding costs experts more a pass, and as many are held",
    CannotMerge = "its gates depend on the input",
    Families = ["llama", "mistral", "qwen2"], ComposesExperts = true, StartsAt = "the mean of its experts")]
internal sealed class GatedLongLora : AdapterMethod<GatedLongLora.Options>
{
    private const string Root = Attachment.Root;

    public enum AttentionWhileGating
    {
        Split,
        Gated,
        Full,
    }

    public sealed record Options
    {
        /// <summary>What has a gate of its own: each adapted matrix, attention or MLP part, block, or the network.</summary>
        public Mole.Granularity Granularity { get; init; } = Mole.Granularity.Block;

        /// <summary>
        /// Attention while the gates train: shifted sparse, shifted sparse of which each head learns how much it shifts, or full.
        /// </summary>
        public AttentionWhileGating Attention { get; init; }

        /// <summary>Tokens in a group, even, of the gates and of the attention; a quarter of the target length where absent.</summary>
        [Range(2, 1_000_000)]
        public int? Group { get; init; }

        /// <summary>Weight of the loss that asks for all experts to be used alike.</summary>
        [Range(0.0, 1e6), Mutable]
        public double BalanceWeight { get; init; } = 0.5;

        /// <summary>First temperature of the gates, which is trained.</summary>
        [Range(0.01, 1e6)]
        public double Temperature { get; init; } = 1;
    }

    protected override void Attach(Attachment on, Options options)
    {
        var model = (CausalModel)on.Model;
        var device = model.Device;
        var group = LongContextParts.GroupOf(on, model, options.Group);
        var experts = FrozenAdapters.Read(on, "longlora", IsMixed);
        RefuseOtherPositions(on, model);

        var prior = on.Share("mole_prior", () => zeros(experts.Count, device: device));
        Mole.Mix(on, new Mole.Options { Granularity = options.Granularity, BalanceWeight = options.BalanceWeight }, experts.Count,
            [.. model.SitesAndParts.Keys.Where(experts.Adapts)],
            (name, site) => Side(experts.On(name).Cast<LowRankDelta?>(), site),
            frozen => new GroupedExpertGate(frozen, zeros(frozen.Count * frozen.Outputs, frozen.Count, device: device),
                full(1, options.Temperature, frozen.Precision, device), prior, group));
        MixParameters(on, model, prior);

        LongContextParts.InterpolatePositions(on, model);
        if (options.Attention == AttentionWhileGating.Split)
            LongContextParts.Sparsify(on, model, group, wraps: false);
        else if (options.Attention == AttentionWhileGating.Gated)
            LongContextParts.Attend(on, model, group,
                new GatedShiftedAttention(group, on.Share("s2_gate", () => zeros(model.Architecture.Heads, device: device))));
    }

    private static bool IsMixed(string name) => !name.EndsWith(".bias", StringComparison.Ordinal)
        && (name.Contains("norm", StringComparison.Ordinal) || name.Contains("embed", StringComparison.Ordinal));

    private static FrozenExperts Side(IEnumerable<LowRankDelta?> experts, Site site)
    {
        var all = experts.ToList();
        var frozen = new FrozenExperts([.. all.Select(expert => expert?.AsExpert())],
            site.Inputs, site.Outputs, site.Weight.device, site.Precision);
        foreach (var expert in all)
            expert?.Dispose();
        return frozen;
    }

    /// <summary>Mixes what of the base itself the experts trained; one that left a parameter alone counts as the base's.</summary>
    private static void MixParameters(Attachment on, CausalModel model, Parameter prior)
    {
        var norms = model.named_modules().Where(pair => pair.module is RmsNorm).ToDictionary(pair => pair.name, pair => pair.module);
        foreach (var (name, parameter) in model.named_parameters().Where(pair => IsMixed(pair.name)))
        {
            if (!on.Experts.Any(expert => expert.Tensors.ContainsKey(Root + name)))
                continue;
            var precision = Precision.Of(parameter);
            var differences = on.Share($"mixed.{name}", Keeping.Remade, () => stack(on.Experts.Select(expert =>
                expert.Tensors.GetValueOrDefault(Root + name, parameter).to(precision) - parameter.to(precision))));
            var mixed = new MixedParameter(differences, prior);
            if (norms.TryGetValue(name[..name.LastIndexOf('.')], out var module))
            {
                var norm = (RmsNorm)module;
                on.While(() => norm.Shift = mixed.Shift, () => norm.Shift = null);
                continue;
            }

            foreach (var (site, layer) in model.Sites.Where(pair => ReferenceEquals(pair.Value.Weight, parameter)))
                on.Put(site, new MixedTable(layer, mixed));
        }
    }

    /// <summary>Updates that were learnt at other angles mean nothing here.</summary>
    private static void RefuseOtherPositions(Attachment on, CausalModel model)
    {
        var here = FactorOf(on.Context.TargetLength);
        foreach (var expert in on.Experts)
        {
            var there = FactorOf(AdapterPlan.Of(expert.Config, expert.Folder).Context.TargetLength);
            if (there != here)
                throw new AdapterException($"{expert.Folder} was trained with positions interpolated by {there}, but here they are by "
                    + $"{here}: experts must share the factor.");
        }

        double FactorOf(int? target) => Math.Max(1, Math.Ceiling((double)(target ?? 0) / model.Architecture.MaxPositions));
    }
}
