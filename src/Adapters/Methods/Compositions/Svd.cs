using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using static TorchSharp.torch;

namespace Adapters.Methods.Compositions;

/// <summary>The weighted sum of trained updates, cut to a rank by singular value decomposition: the nearest LoRA of that rank.</summary>
/// <remarks>PEFT's combination <c>svd</c>. The experts' ranks and scales may differ.</remarks>
[AdapterMethod("svd",
    Source = "Mangrulkar et al. 2022, huggingface/peft",
    Equation = "y = Wx + b + U_r·S_r·V_rᵀ·x, U·S·Vᵀ = Σ w_n·s_n·B_n·A_n",
    OperationsPerToken = "rank * (in + out)",
    OperationsToMerge = "rank * in * out",
    KeptPerLayer = "rank * (in + out)",
    ComposesExperts = true, Trains = false, StartsAt = "the mean of its experts, cut to a rank")]
internal sealed class Svd : CompositionMethod<Svd.Options>
{
    public sealed record Options : CompositionOptions
    {
        /// <summary>Rank of the result; that of the largest expert where absent.</summary>
        [Range(1, 65536)]
        public int? Rank { get; init; }
    }

    protected override (Tensor A, Tensor B) Compose(ComposedLayer layer, Options options)
    {
        var (a, b) = Nla.Concatenated(layer);
        return TruncatedSvd.Of(a, b, options.Rank ?? layer.LargestRank);
    }
}
