using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Methods.Initialisations;

/// <summary>A normal with a deviation of 1 / rank, as the text of LoRA's paper has it, B zero.</summary>
[LowRankInit("gaussian")]
internal sealed class Gaussian : ILowRankInit
{
    public LowRankStart Of(Site site, int rank, double scale, Generator generator) =>
        LowRankStart.WithoutB(site, rank, generator, () => empty(rank, site.Inputs).normal_(0, 1.0 / rank, generator));
}
