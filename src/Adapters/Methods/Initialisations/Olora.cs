using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Methods.Initialisations;

/// <summary>OLoRA: the factors are the first columns and rows of the weight's QR decomposition
/// (Büyükakyüz 2024, arXiv:2406.01775).</summary>
[LowRankInit("olora")]
internal sealed class Olora : ILowRankInit
{
    public LowRankStart Of(Site site, int rank, double scale, Generator generator)
    {
        var (q, r) = linalg.qr(site.Matrix(site.Weight).cpu().to(float64));
        return new(r.narrow(0, 0, rank).to(float32), q.narrow(1, 0, rank).to(float32), IsTakenFromWeight: true);
    }
}
