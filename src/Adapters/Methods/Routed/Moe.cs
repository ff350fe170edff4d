using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Methods.Initialisations;
using Adapters.Options;
using static TorchSharp.torch;

namespace Adapters.Methods.Routed;

/// <summary>Sparsely gated mixture of experts: each token is sent to k of M low-rank updates, chosen by noisy logits.</summary>
/// <remarks>
/// Sections 2.1 and 4 of the paper, whose experts are networks of their own: here they are LoRAs beside a layer, since the base is given.
/// Importance and load are balanced with one weight, as there. Routes at random at first, because W_g = W_n = 0, and starts as the base,
/// because B = 0. All experts are computed and the gates choose among their outputs.
/// </remarks>
[AdapterMethod("moe",
    Source = "Shazeer et al. 2017, arXiv:1701.06538",
    Equation = "y = Wx + b + s·Σ_e g_e·B_e(A_e·drop(x)), g = softmax of the k largest of x·W_g + ξ·(softplus(x·W_n) + noise_floor)",
    ParametersPerLayer = "experts * rank * (in + out) + 2 * in * experts",
    OperationsPerToken = "experts * (rank * (in + out) + in)",
    CannotMerge = "its gates depend on the token")]
internal sealed class Moe : LayerMethod<Moe.Options>
{
    public sealed record Options : RoutedOptions
    {
        public Options() => (Rank, Alpha, Experts, BalanceWeight) = (4, 8, 4, 0.1);

        /// <summary>Least deviation of the noise; conv-lora has 0.01, the paper none.</summary>
        [Range(0.0, 1e3), Mutable]
        public double NoiseFloor { get; init; }
    }

    protected override int? RankOf(Options options) => options.Rank;

    protected override SiteAdapter Create(Attachment on, Target target, Options options)
    {
        var (site, experts) = (target.Site, options.Experts);
        on.CheckTopK(options.TopK, experts);
        var device = site.Weight.device;
        var start = new Kaiming().Of(site, experts * options.Rank, scale: 1, on.Generator);
        var router = new NoisyTopKRouter(new NoisyTopKGate(zeros(site.Inputs, experts, device: device),
            zeros(site.Inputs, experts, device: device), options.TopK, options.NoiseFloor));
        on.AddLoss(router.Imbalance.Take, options.BalanceWeight);
        return new RoutedDelta(
            site, experts, start.A.to(device), start.B.to(device), options.Alpha / options.Rank, options.Dropout, router);
    }
}
