using Adapters.Mechanisms;

namespace Adapters.Methods.Hybrids;

/// <summary>MoLE over trained Conv-LoRAs instead of LoRAs: they stay frozen, and gates learn how much each counts.</summary>
/// <remarks>
/// The experts route as in evaluation and their own balance is off. With one expert it is that Conv-LoRA; with convolutions of
/// zero it is MoLE over their LoRAs. Gates and options are MoLE's.
/// </remarks>
[AdapterMethod("mole-conv-lora",
    Source = "of Wu et al. 2024, arXiv:2404.13628, and Zhong et al. 2024, arXiv:2401.17868",
    Equation = "y = Wx + b + Σ g_n·s_n·B_n(h_n + z_n), g = softmax(e·φ(x) / τ)",
    OperationsPerToken = NlaConvLora.PerToken + " + gate * experts * rank * rank",
    OperationsPerPass = NlaConvLora.PerPass + " + " + Mole.GatePerPass,
    KeptPerLayer = NlaConvLora.Kept + " + gate * experts * rank * (out + rank)",
    CostRemark = Mole.Remark + "; " + NlaConvLora.Remark,
    CannotMerge = "its gates depend on the input and its convolutions look at the whole map",
    Families = ["sam", "vit"], ComposesExperts = true, StartsAt = "the mean of its experts")]
internal sealed class MoleConvLora : AdapterMethod<Mole.Options>
{
    protected override void Attach(Attachment on, Mole.Options options)
    {
        var experts = FrozenAdapters.Read(on, "conv-lora");
        Mole.Mix(on, options, experts.Count, [.. on.Model.SitesAndParts.Keys.Where(experts.Adapts)],
            (name, site) => new FrozenConvExperts([.. experts.On(name).Cast<ConvLoraDelta?>()], site));
    }
}
