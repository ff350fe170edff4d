using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>
/// Frozen low-rank updates of one layer whose factors are summed by shared weights:
/// <c>y + s·(Σ w_n·B_n)(Σ w_n·A_n)·x</c>.
/// </summary>
public sealed class WeightedFactors : LowRankAdapter
{
    private readonly Tensor _a; // [experts, rank·in]
    private readonly Tensor _b; // [experts, out·rank]
    private readonly Tensor _weights;
    private readonly long _rank;

    /// <summary>Puts updates of one rank and scale beside a linear layer.</summary>
    /// <param name="site">The layer.</param>
    /// <param name="experts">The updates.</param>
    /// <param name="weights">w <c>[experts]</c>, which another owns.</param>
    public WeightedFactors(Site site, IReadOnlyList<LowRankExpert> experts, Tensor weights) : base(site, experts[0].Scale)
    {
        (_rank, _weights) = (experts[0].A.shape[0], weights);
        _a = Keep("experts_A", Rows(expert => expert.A), Keeping.Remade);
        _b = Keep("experts_B", Rows(expert => expert.B), Keeping.Remade);

        Tensor Rows(Func<LowRankExpert, Tensor> factor) =>
            stack([.. experts.Select(expert => factor(expert).to(float32).flatten())]).to(site.Weight.device);
    }

    /// <inheritdoc/>
    protected override (Tensor A, Tensor B) Factors() =>
        (_weights.matmul(_a).view(_rank, Site.Inputs), _weights.matmul(_b).view(Site.Outputs, _rank));
}
