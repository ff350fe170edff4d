using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Options;
using static TorchSharp.torch;

namespace Adapters.Methods;

/// <summary>MoLE: a mixture of trained LoRA experts that stay frozen; only the gates that weigh them are trained.</summary>
/// <remarks>
/// Section 3.2 of the paper. There a gate weighs the outputs of whole blocks, which takes a pass through the block for each expert:
/// so it is with mixture: block, D = N·hidden. Otherwise it weighs the experts' updates, and a gate that several layers share looks at
/// the first of them. Each gate has D·N + 1 parameters for N experts, D = N·out. The gates' weights start at zero, so that all
/// experts count alike at first.
/// </remarks>
[AdapterMethod("mole",
    Equation = "y = Wx + b + Σ g_n·s_n·B_n(A_n·x), g = softmax(e·φ(x) / τ)",
    OperationsPerToken = "experts * rank * (in + out) + gate * experts * rank * (rank + experts)",
    OperationsPerPass = Mole.GatePerPass,
    KeptPerLayer = Mole.Kept,
    CostRemark = Mole.Remark,
    CannotMerge = "its gates depend on the input",
    Source = "Wu et al. 2024, arXiv:2404.13628", ComposesExperts = true, StartsAt = "the mean of its experts")]
internal sealed class Mole : AdapterMethod<Mole.Options>
{
    internal const string GatePerPass = "gate * experts * experts * rank * out";
    internal const string Kept = "experts * rank * (in + out + gate * (out + rank))";
    internal const string GateIs = "gate is 1 at the layer that a gate looks at, else 0";
    internal const string Remark = GateIs + "; a mixture of blocks computes each block once an expert, with that expert's update alone, "
        + "and its gate takes at most experts * experts * hidden a token and block";

    public enum Granularity
    {
        Matrix,
        Layer,
        Block,
        Network,
    }

    public enum Mixed
    {
        Update,
        Block,
    }

    public sealed record Options
    {
        /// <summary>What gates weigh: the experts' updates of layers, or the outputs of whole blocks with the updates of each.</summary>
        public Mixed Mixture { get; init; }

        /// <summary>What has a gate of its own: each adapted matrix, attention or MLP part, block, or the network.</summary>
        public Granularity Granularity { get; init; } = Granularity.Block;

        /// <summary>How positions become features of the gate; where absent, causal-mean where text is read, else mean.</summary>
        public GatePooling? Pooling { get; init; }

        /// <summary>Weight of the loss that asks for all experts to be used alike.</summary>
        [Range(0.0, 1e6), Mutable]
        public double BalanceWeight { get; init; } = 0.5;

        /// <summary>First temperature of the gates, which is trained.</summary>
        [Range(0.01, 1e6)]
        public double Temperature { get; init; } = 1;

        /// <summary>Experts that may not be used, by number from 0; the gates of the others make up for them.</summary>
        [Range(0, 1_000_000)]
        public IReadOnlyList<int> Masked { get; init; } = [];
    }

    protected override void Attach(Attachment on, Options options)
    {
        var experts = ExpertSet.Read(on);
        Mix(on, options, experts.Count, experts.Sites,
            (name, site) => new FrozenExperts(experts.On(name), site.Inputs, site.Outputs, site.Weight.device, site.Precision));
    }

    /// <summary>Puts gates over experts.</summary>
    /// <param name="on">Takes them.</param>
    /// <param name="options">The options.</param>
    /// <param name="count">Number of experts.</param>
    /// <param name="adapted">The layers that any of them adapts, in the model's order.</param>
    /// <param name="expertsOf">Their updates of a layer.</param>
    /// <param name="gateOf">Makes a gate over those of its first layer; as the options say where absent.</param>
    internal static void Mix(Attachment on, Options options, int count, IReadOnlyList<string> adapted,
        Func<string, Site, FrozenExperts> expertsOf, Func<FrozenExperts, ExpertGate>? gateOf = null)
    {
        var active = Enumerable.Range(0, count).Select(expert => !options.Masked.Contains(expert)).ToArray();
        if (options.Masked.Any(expert => expert >= count) || !active.Contains(true))
            throw new AdapterException($"Option 'masked' of method '{on.Method}' is [{string.Join(", ", options.Masked)}], but must "
                + $"name some, not all, of the experts 0 to {count - 1}.");

        List<ExpertGate> gates = [];
        if (options.Mixture == Mixed.Block)
        {
            gates.AddRange(MixBlocks(on, options, active, adapted, expertsOf));
            adapted = [];
        }

        var groups = adapted.GroupBy(site => GroupOf(on, site, options.Granularity), (_, sites) => sites.ToArray());
        foreach (var group in groups)
        {
            RefuseMixedLayouts(on, group, options.Granularity);
            foreach (var name in group)
            {
                var site = on.Model.SitesAndParts[name];
                var frozen = expertsOf(name, site);
                var first = name == group[0];
                if (first)
                    gates.Add(gateOf?.Invoke(frozen) ?? Fresh(frozen, on, name, options, active));
                on.Put(name, new ExpertMixture(site, frozen, gates[^1], first));
            }
        }

        on.AddLoss(() => Balance(gates, active, options.BalanceWeight));
    }

    /// <summary>Puts gates over blocks, each with all updates of one expert.</summary>
    private static List<ExpertGate> MixBlocks(Attachment on, Options options, bool[] active, IReadOnlyList<string> adapted,
        Func<string, Site, FrozenExperts> expertsOf)
    {
        if (options.Granularity != Granularity.Block)
            throw new AdapterException($"Option 'mixture' of method '{on.Method}' is block, whose gates are one a block, but 'granularity' "
                + $"is {OptionSchema.Spell(options.Granularity)}.");
        List<ExpertGate> mixed = [];
        foreach (var name in adapted)
        {
            var site = on.Model.SitesAndParts[name];
            var part = on.Model.Blocks[BlockOf(on, name).Block].Whole;
            var blocks = on.Around(part, () => new ExpertBlocks(part, active.Length, site.Precision,
                outputs => Fresh(outputs, on, name, options, active)));
            var frozen = expertsOf(name, site);
            on.Put(name, new WeightedExperts(site, frozen, (x, y) => frozen.AddOne(x, y, blocks.Chosen)));
            if (!mixed.Contains(blocks.Gate))
                mixed.Add(blocks.Gate);
        }

        return mixed;
    }

    private static SitePlace BlockOf(Attachment on, string site) => on.Model.PlaceOf(site)
        ?? throw new AdapterException($"An expert adapts {site}, outside the blocks, where method '{on.Method}' cannot mix.");

    /// <summary>What the sites of one gate have in common.</summary>
    private static object GroupOf(Attachment on, string site, Granularity granularity)
    {
        var place = BlockOf(on, site);
        return granularity switch
        {
            Granularity.Matrix => site,
            Granularity.Layer => place,
            Granularity.Block => place.Block,
            Granularity.Network => on.Model,
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>Blocks that attend in windows show their attention windows, their MLP whole images: no gate fits both.</summary>
    private static void RefuseMixedLayouts(Attachment on, IReadOnlyList<string> group, Granularity granularity)
    {
        var model = on.Model;
        var windowed = group.Any(site => model.LayoutOf(site) is { Tokens: false });
        if (windowed && group.Select(site => model.PlaceOf(site)).Distinct().Count() > 1)
            throw new AdapterException($"Option 'granularity' of method '{on.Method}' is {OptionSchema.Spell(granularity)}, but on a "
                + $"{model.Family} base, whose layers see windows or whole images, must be matrix or layer.");
    }

    private static ExpertGate Fresh(IExpertOutputs experts, Attachment on, string first, Options options, bool[] active)
    {
        var readsText = on.Model.LanguageModel is not null && on.Model.LayoutOf(first) is null;
        var pooling = options.Pooling ?? (readsText ? GatePooling.CausalMean : GatePooling.Mean);
        var positions = pooling != GatePooling.Flatten ? 1 : on.Context.TargetLength
            ?? throw new AdapterException($"Option 'pooling' of method '{on.Method}' is flatten, which needs a task of one length.");
        var device = on.Model.Device;
        return new ExpertGate(
            experts,
            zeros([experts.Count * positions * experts.Outputs, experts.Count], experts.Precision, device),
            full(1, options.Temperature, experts.Precision, device),
            pooling,
            active);
    }

    private static Tensor Balance(IEnumerable<ExpertGate> gates, bool[] active, double weight)
    {
        using var scope = NewDisposeScope();
        return (ExpertGate.Imbalance([.. gates.Select(gate => gate.TakeUsage())], active) * weight).MoveToOuterDisposeScope();
    }
}
