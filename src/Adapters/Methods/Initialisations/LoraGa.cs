using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Methods.Initialisations;

/// <summary>
/// LoRA-GA: of the singular vectors of the loss's gradient A takes the first on the side of the inputs, B the next on the other, so that
/// the first step is one that full fine-tuning would make (Wang et al. 2024, arXiv:2407.05000, section 3). Meant with <c>rslora</c>.
/// </summary>
/// <remarks>
/// The authors' code, Outsider565/LoRA-GA: direction ArB2r, scale "stable" with γ = 16, each factor times out^¼/√γ. The product is
/// subtracted beside the weight, so that the start is the base. PEFT cannot make this start again, so it loads no such folder.
/// </remarks>
[LowRankInit("lora-ga")]
internal sealed class LoraGa : IGradientInit
{
    private const double Gamma = 16;

    public LowRankStart Of(Site site, int rank, double scale, Tensor gradient)
    {
        var (outputs, inputs) = (gradient.shape[0], gradient.shape[1]);
        if (2 * rank > Math.Min(outputs, inputs))
            throw new AdapterException($"Option 'init' is lora-ga, which needs twice the rank in singular vectors, but 'rank' is {rank} "
                + $"and a layer maps {inputs} to {outputs} features, so at most {Math.Min(outputs, inputs) / 2} will do.");
        var (u, _, vt) = linalg.svd(gradient.cpu().to(float64), fullMatrices: false);
        var size = Math.Pow(outputs, 0.25) / Math.Sqrt(Gamma);
        return new(Factor(vt.narrow(0, 0, rank)), Factor(u.narrow(1, rank, rank)), IsTakenFromWeight: true);

        // Laid out as a file gives it back, since a product's last bit hangs on that.
        Tensor Factor(Tensor vectors) => (vectors * size).to(float32).contiguous();
    }
}
