using Adapters.Mechanisms;
using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Methods.Initialisations;

/// <summary>A uniform in ±1/√in as LoRA's authors draw it, B zero.</summary>
[LowRankInit("kaiming")]
internal sealed class Kaiming : ILowRankInit
{
    public LowRankStart Of(Site site, int rank, double scale, Generator generator) =>
        LowRankStart.WithoutB(site, rank, generator, () => FreshFactor.KaimingUniform([rank, site.Inputs], generator));
}
