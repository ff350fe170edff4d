using static TorchSharp.torch;

namespace Adapters.Methods.Compositions;

/// <summary>DARE: values of trained updates are dropped at random and the rest scaled up to make up for them, then summed.</summary>
/// <remarks>
/// Section 3 of the paper, whose drop rate is one less the density; the draws follow the trial's seed. PEFT's combinations
/// <c>dare_linear</c> and <c>dare_ties</c>, of delta <c>dare_linear_svd</c> and <c>dare_ties_svd</c>.
/// </remarks>
[AdapterMethod("dare",
    Source = "Yu et al. 2023, arXiv:2311.03099",
    Equation = "θ = Σ w_n·s_n·m_n⊙θ_n / density, m_n ~ Bernoulli(density), θ_n = B_n·A_n or its factors",
    OperationsPerToken = "rank * (in + out)",
    OperationsToMerge = "rank * in * out",
    KeptPerLayer = "rank * (in + out)",
    ComposesExperts = true, Trains = false, StartsAt = "its experts, thinned out")]
internal sealed class Dare : ArithmeticMethod<Dare.Options>
{
    public sealed record Options : ArithmeticOptions
    {
        /// <summary>How what is left is put together: its weighted sum, or the mean of what agrees, as ties has it.</summary>
        public Combination Combine { get; init; }

        /// <summary>What elects a sign where the mean of what agrees is taken: the sum of the values, or the number of experts.</summary>
        public SignElection MajoritySign { get; init; }
    }

    public enum Combination
    {
        Linear,
        Ties,
    }

    protected override Tensor Combine(
        IReadOnlyList<Tensor> tensors, IReadOnlyList<double> weights, Options options, Generator generator)
    {
        Tensor[] left = [.. tensors.Select(tensor => Drop(tensor, options.Density, generator))];
        return options.Combine == Combination.Linear
            ? FactorSums.Sum(left, weights)
            : Ties.AgreedMean(left, weights, options.MajoritySign);
    }

    private static Tensor Drop(Tensor tensor, double density, Generator generator)
    {
        if (density == 1)
            return tensor;
        var kept = empty(tensor.shape).uniform_(0, 1, generator).lt(density).to(tensor.dtype).to(tensor.device);
        return tensor * kept / density;
    }
}
