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
        var (a, b) = (root.unsqueeze(1) * vt.narrow(0, 0, rank), u.narrow(1, 0, rank) * root);
        return new(a.to(float32), b.to(float32), IsTakenFromWeight: true);
    }
}
