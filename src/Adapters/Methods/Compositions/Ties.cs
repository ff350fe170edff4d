using static TorchSharp.torch;

namespace Adapters.Methods.Compositions;

/// <summary>TIES: small values are trimmed, experts elect a sign for each value, and the mean is taken of those that agree.</summary>
/// <remarks>
/// Sections 3 and 4 of the paper. As in PEFT (<c>ties</c> and, of delta, <c>ties_svd</c>) the signs are elected before the weights
/// count, and a tie is positive. The mean divides by the number of those that agree, so the weights are not normalised: 1 each.
/// </remarks>
[AdapterMethod("ties",
    Source = "Yadav et al. 2023, arXiv:2306.01708",
    Equation = "θ = mean of w_n·s_n·trim(θ_n) over the n with the elected sign, θ_n = B_n·A_n or its factors",
    OperationsPerToken = "rank * (in + out)",
    OperationsToMerge = "rank * in * out",
    KeptPerLayer = "rank * (in + out)",
    ComposesExperts = true, Trains = false, StartsAt = "what its experts agree on")]
internal sealed class Ties : ArithmeticMethod<Ties.Options>
{
    public sealed record Options : ArithmeticOptions
    {
        public Options() => Normalize = false;

        /// <summary>What elects a sign: the sum of the values, or the number of experts.</summary>
        public SignElection MajoritySign { get; init; }
    }

    protected override Tensor Combine(
        IReadOnlyList<Tensor> tensors, IReadOnlyList<double> weights, Options options, Generator generator) =>
        AgreedMean([.. tensors.Select(tensor => MagnitudePrune.Trim(tensor, options.Density))], weights, options.MajoritySign);

    /// <summary>The weighted mean, value by value, of the tensors that have the elected sign there.</summary>
    internal static Tensor AgreedMean(IReadOnlyList<Tensor> tensors, IReadOnlyList<double> weights, SignElection election)
    {
        var all = stack([.. tensors]); // [experts, ...]
        var votes = (election == SignElection.Total ? all : all.sign()).sum(dim: 0);
        var elected = where(votes.ge(0), ones_like(votes), -ones_like(votes));
        var agrees = all.sign().eq(elected).to(all.dtype);
        var weighted = all * tensor(weights.ToArray(), dtype: all.dtype, device: all.device).view([-1, .. votes.shape.Select(_ => 1L)]);
        return (weighted * agrees).sum(dim: 0) / agrees.sum(dim: 0).clamp(min: 1);
    }
}

/// <summary>What elects the sign of a value that experts disagree on.</summary>
public enum SignElection
{
    /// <summary>The sum of the values.</summary>
    Total,

    /// <summary>The number of experts on either side.</summary>
    Frequency,
}
