using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Methods.Initialisations;

/// <summary>Both factors live from the first step, and their product is zero all the same: they are mapped by orthogonal halves of
/// one rotation (PEFT's <c>orthogonal</c>).</summary>
[LowRankInit("orthogonal")]
internal sealed class Orthogonal : ILowRankInit
{
    public LowRankStart Of(Site site, int rank, double scale, Generator generator)
    {
        if (rank % 2 != 0)
            throw new AdapterException($"Option 'init' is orthogonal, which needs an even rank, but 'rank' is {rank}.");
        var (q, _) = linalg.qr(empty(rank, rank).normal_(0, 1, generator));
        var halves = q.reshape(rank / 2, 2, rank);
        var a = empty(site.Inputs, rank / 2).normal_(0, 1, generator).matmul(halves.select(1, 0)).t() / 10;
        var b = empty(rank / 2, site.Outputs).normal_(0, 1, generator).t().matmul(halves.select(1, 1)) / 10;
        return new(a, b);
    }
}
