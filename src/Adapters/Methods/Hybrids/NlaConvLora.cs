using Adapters.Mechanisms;
using Adapters.Methods.Compositions;
using Adapters.Models.Layers;
using static TorchSharp.torch;

namespace Adapters.Methods.Hybrids;

/// <summary>The weighted mean of what trained Conv-LoRAs give, which stay frozen: the baseline of gates over them.</summary>
/// <remarks>
/// Of outputs, because those of convolutions and routes have no weights that could be averaged. Untrained gates of mole-conv-lora give
/// the same. It is no case of nla, whose result is one LoRA and trains nothing: a task on images has a head, of which each expert
/// trained its own along; as mole-conv-lora does, this trains a new one, and nothing else.
/// </remarks>
[AdapterMethod("nla-conv-lora",
    Source = "of Wu et al. 2024, arXiv:2404.13628, and Zhong et al. 2024, arXiv:2401.17868",
    Equation = "y = Wx + b + Σ w_n·s_n·B_n(h_n + z_n), Σ w_n = 1",
    OperationsPerToken = NlaConvLora.PerToken,
    OperationsPerPass = NlaConvLora.PerPass,
    KeptPerLayer = NlaConvLora.Kept,
    CostRemark = NlaConvLora.Remark,
    CannotMerge = "its convolutions look at the whole map, and each image is routed to its own",
    Families = ["sam", "vit"], ComposesExperts = true, StartsAt = "the mean of its experts")]
internal sealed class NlaConvLora : AdapterMethod<NlaConvLora.Options>
{
    // What trained Conv-LoRAs cost, whoever weighs them.
    internal const string PerToken = "experts * (rank * (in + out) + taps * rank * rank)";
    internal const string PerPass = "experts * rank * scales";
    internal const string Kept = "experts * rank * (2 * (in + out) + scales * (9 * rank + 3))";
    internal const string Remark =
        "of the experts' scales convolutions each image uses one; taps of an expert are " + ConvLora.TapsByScale;

    public sealed record Options : CompositionOptions;

    protected override void Attach(Attachment on, Options options)
    {
        var experts = FrozenAdapters.Read(on, "conv-lora");
        var given = options.WeightsOf(on.Method, experts.Count);
        var weights = on.Share("nla_weights", Keeping.Remade,
            () => tensor(given, dtype: Precision.Of(on.Model.parameters().First()), device: on.Model.Device).reshape(1, 1, -1));
        foreach (var name in on.Model.SitesAndParts.Keys.Where(experts.Adapts))
        {
            var site = on.Model.SitesAndParts[name];
            var frozen = new FrozenConvExperts([.. experts.On(name).Cast<ConvLoraDelta?>()], site);
            on.Put(name, new WeightedExperts(site, frozen, (x, y) => frozen.AddUp(y, frozen.Down(x), weights)));
        }
    }
}
