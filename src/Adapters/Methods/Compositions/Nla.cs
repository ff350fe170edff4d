using static TorchSharp.torch;

namespace Adapters.Methods.Compositions;

/// <summary>Normalised linear arithmetic: the weighted sum of trained updates, which is one LoRA of their summed rank.</summary>
/// <remarks>The baseline of Wu et al. 2024; PEFT's combination <c>cat</c>. The experts' ranks and scales may differ.</remarks>
[AdapterMethod("nla",
    Source = "Wu et al. 2024, arXiv:2404.13628",
    Equation = "y = Wx + b + Σ w_n·s_n·B_n(A_n·x), Σ w_n = 1",
    OperationsPerToken = "experts * rank * (in + out)",
    OperationsToMerge = "experts * rank * in * out",
    KeptPerLayer = "experts * rank * (in + out)",
    ComposesExperts = true, Trains = false, StartsAt = "the mean of its experts")]
internal sealed class Nla : CompositionMethod<Nla.Options>
{
    public sealed record Options : CompositionOptions;

    protected override (Tensor A, Tensor B) Compose(ComposedLayer layer, Options options) => Concatenated(layer);

    /// <summary>The experts side by side.</summary>
    internal static (Tensor A, Tensor B) Concatenated(ComposedLayer layer)
    {
        var experts = layer.Weighted();
        return (cat([.. experts.Select(expert => expert.A.to(float32))], 0),
            cat([.. experts.Select(expert => expert.B.to(float32) * expert.Scale)], 1));
    }
}
