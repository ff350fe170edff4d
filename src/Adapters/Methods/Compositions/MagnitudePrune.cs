using static TorchSharp.torch;

namespace Adapters.Methods.Compositions;

/// <summary>The weighted sum of trained updates of which only the values of the largest magnitude are kept.</summary>
/// <remarks>PEFT's combinations <c>magnitude_prune</c> and, of delta, <c>magnitude_prune_svd</c>; at density 1 <c>linear</c>.</remarks>
[AdapterMethod("magnitude-prune",
    Source = "Mangrulkar et al. 2022, huggingface/peft",
    Equation = "θ = Σ w_n·s_n·trim(θ_n), θ_n = B_n·A_n or its factors",
    OperationsPerToken = "rank * (in + out)",
    OperationsToMerge = "rank * in * out",
    KeptPerLayer = "rank * (in + out)",
    ComposesExperts = true, Trains = false, StartsAt = "its experts, thinned out")]
internal sealed class MagnitudePrune : ArithmeticMethod<MagnitudePrune.Options>
{
    public sealed record Options : ArithmeticOptions;

    protected override Tensor Combine(
        IReadOnlyList<Tensor> tensors, IReadOnlyList<double> weights, Options options, Generator generator) =>
        FactorSums.Sum(tensors.Select(tensor => Trim(tensor, options.Density)), weights);

    /// <summary>A tensor with only its largest values by magnitude, the rest zero.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="density">Share of the values that is kept, of which a fraction of one is dropped.</param>
    internal static Tensor Trim(Tensor tensor, double density)
    {
        if (density == 1)
            return tensor;
        var flat = tensor.flatten();
        var kept = flat.abs().topk((int)(density * flat.numel())).indexes;
        return zeros_like(flat).scatter(0, kept, flat.gather(0, kept)).view(tensor.shape);
    }
}
