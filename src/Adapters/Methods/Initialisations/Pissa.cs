using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Methods.Initialisations;

/// <summary>PiSSA: the factors are the largest singular triplets of the weight, the rest stays frozen
/// (Meng et al. 2024, arXiv:2404.02948, section 3).</summary>
[LowRankInit("pissa")]
internal sealed class Pissa : ILowRankInit
{
    public LowRankStart Of(Site site, int rank, double scale, Generator generator)
    {
        var (u, s, vt) = linalg.svd(site.Matrix(site.Weight).cpu().to(float64), fullMatrices: false);
        var root = (s.narrow(0, 0, rank) / scale).sqrt();
        return new((root.unsqueeze(1) * vt.narrow(0, 0, rank)).to(float32), (u.narrow(1, 0, rank) * root).to(float32), IsTakenFromWeight: true);
    }
}
