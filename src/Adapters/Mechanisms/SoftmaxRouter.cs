using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>
/// Sends each token to the k experts of the largest <c>p = softmax(R·x)</c>, with gates that are these, divided by their sum. Uneven
/// use is <c>M·Σ f_e·p̄_e</c>, f_e the share of all choices that fell on expert e and p̄_e the mean of p_e: 1 where all are used alike.
/// </summary>
/// <remarks>Fedus et al. 2021, arXiv:2101.03961, section 2.2, for the imbalance, which has no gradient through f.</remarks>
public sealed class SoftmaxRouter : Router
{
    private readonly int _chosen;

    /// <param name="weight">R <c>[experts, features]</c></param>
    /// <param name="chosen">k, from 1 to the number of experts.</param>
    public SoftmaxRouter(Tensor weight, int chosen) => (Weight, _chosen) = (Own("weight", weight), chosen);

    /// <summary>R <c>[experts, features]</c></summary>
    public Parameter Weight { get; }

    /// <summary>A fresh router, whose weights are drawn from a normal.</summary>
    public static SoftmaxRouter Fresh(
        long features, long experts, int chosen, Device device, Generator generator, double deviation = 0.02) =>
        new(empty(experts, features).normal_(0, deviation, generator).to(device), chosen);

    /// <inheritdoc/>
    protected override Routing Choose(Tensor tokens)
    {
        var experts = Weight.shape[0];
        var probabilities = tokens.matmul(Weight.t()).softmax(1);
        var (best, chosen) = Best(probabilities, _chosen);
        var gates = zeros_like(probabilities).scatter(1, chosen, best / best.sum(1, keepdim: true));
        var share = zeros_like(probabilities).scatter(1, chosen, ones_like(best)).mean([0]) / _chosen;
        return new Routing(gates, chosen, (share.detach() * probabilities.mean([0])).sum() * experts);
    }
}
