using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>A low-rank update that is not trained, and saved as PEFT saves LoRA's: <c>y + B(A·x)</c>.</summary>
public sealed class FrozenLowRank : LowRankAdapter
{
    private readonly Tensor _a;
    private readonly Tensor _b;

    /// <summary>Puts given factors beside a linear layer.</summary>
    /// <param name="site">The layer.</param>
    /// <param name="a">A <c>[rank, in]</c></param>
    /// <param name="b">B <c>[out, rank]</c></param>
    public FrozenLowRank(Site site, Tensor a, Tensor b) : base(site, scale: 1)
    {
        _a = Keep("lora_A.weight", a.to(site.Weight.device).contiguous(), Keeping.WithAdapter);
        _b = Keep("lora_B.weight", b.to(site.Weight.device).contiguous(), Keeping.WithAdapter);
    }

    /// <summary>r</summary>
    public long Rank => _a.shape[0];

    /// <inheritdoc/>
    protected override (Tensor A, Tensor B) Factors() => (_a, _b);
}
