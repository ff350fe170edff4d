using Adapters.Mechanisms;
using static TorchSharp.torch;

namespace Adapters.Methods.Compositions;

/// <summary>What is done to the factors A and B of several updates, one by one, rather than to their products.</summary>
internal static class FactorSums
{
    /// <summary>Updates of one layer whose factors can be summed; an expert that leaves the layer alone is all zeros.</summary>
    /// <exception cref="AdapterException">When their ranks or scales differ, with the values.</exception>
    public static IReadOnlyList<LowRankExpert> Alike(string method, string site, IReadOnlyList<LowRankExpert?> experts)
    {
        var first = experts.First(expert => expert is not null)!;
        foreach (var other in experts.OfType<LowRankExpert>())
        {
            CheckRanks(method, site, first, other);
            if (other.Scale != first.Scale)
                throw new AdapterException($"Method '{method}' sums factors, so experts must have one scale, but those of {site} have "
                    + $"{first.Scale} and {other.Scale}.");
        }

        return [.. experts.Select(expert => expert ?? new LowRankExpert(zeros_like(first.A), zeros_like(first.B), first.Scale))];
    }

    /// <summary>Refuses updates of different ranks.</summary>
    /// <exception cref="AdapterException">With the values.</exception>
    public static void CheckRanks(string method, string site, LowRankExpert first, LowRankExpert other)
    {
        if (other.A.shape[0] != first.A.shape[0])
            throw new AdapterException($"Method '{method}' sums factors, so experts must have one rank, but those of {site} have "
                + $"{first.A.shape[0]} and {other.A.shape[0]}.");
    }

    /// <summary>Σ w_n·F_n.</summary>
    public static Tensor Sum(IEnumerable<Tensor> factors, IEnumerable<double> weights) =>
        factors.Zip(weights).Select(pair => pair.First.to(float32) * pair.Second).Aggregate((sum, next) => sum + next);
}
