using Adapters.Mechanisms;
using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Methods.Initialisations;

/// <summary>
/// A uniform in ±1/√in as LoRA's authors draw it, B zero. In an embedding, whose A has a column a token, A is zero and B normal.
/// </summary>
[LowRankInit("kaiming")]
internal sealed class Kaiming : ILowRankInit
{
    public LowRankStart Of(Site site, int rank, double scale, Generator generator) => site is EmbeddingSite
        ? new(zeros(rank, site.Inputs), empty(site.Outputs, rank).normal_(0, 1, generator))
        : new(FreshFactor.KaimingUniform([rank, site.Inputs], generator), zeros(site.Outputs, rank));
}
