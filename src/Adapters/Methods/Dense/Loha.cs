using Adapters.Mechanisms;
using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Methods.Dense;

/// <summary>
/// LoHa: the update is the product, entry by entry, of two matrices of rank r, and so of a rank up to r². Starts as the base,
/// because one factor is zero.
/// </summary>
/// <remarks>
/// FedPara's propositions 1 and 3, taken to adapters by LyCORIS (arXiv:2309.14859). The gradients are those of the equation. PEFT's of
/// the factors of the outputs beside a core are not: it contracts them with the other pair's inputs, so a run that goes on from
/// there goes on otherwise.
/// </remarks>
[AdapterMethod("loha",
    Source = "Hyeon-Woo et al. 2021, arXiv:2108.06098",
    Equation = "y = Wx + b + s·(A₁B₁ ⊙ A₂B₂)x, s = alpha / rank",
    ParametersPerLayer = "2 * rank * (in + out)",
    OperationsPerToken = "in * out",
    OperationsPerPass = "2 * rank * in * out",
    OperationsToMerge = "2 * rank * in * out",
    PeftType = "LOHA", PeftInert = ["init_weights"])]
internal sealed class Loha : LayerMethod<Loha.Options>
{
    public sealed record Options : LycorisOptions;

    protected override bool Adapts(Site site) => site is LinearSite or ConvolutionSite;

    protected override SiteAdapter Create(Attachment on, Target target, Options options) =>
        new HadamardDelta(target.Site, options, on.Generator);

    private sealed class HadamardDelta : DenseDelta
    {
        private readonly double _scale;
        private readonly FactoredMatrix _first;
        private readonly FactoredMatrix _second;

        public HadamardDelta(Site site, Options options, Generator generator)
            : base(site, thinning: new DeltaDropout(options.RankDropout, Rescales: true, options.ModuleDropout))
        {
            _scale = options.Scale;
            _first = Trained(1, Fresh());
            var second = Fresh();
            _second = Trained(2, second with { B = zeros_like(second.B) });

            FactoredMatrix Fresh()
            {
                var (channels, kernel) = LycorisOptions.ShapeOf(site);
                return FactoredMatrix.Fresh(site.Outputs, channels, kernel, options.Rank, options.EffectiveConv2d, generator);
            }

            FactoredMatrix Trained(int place, FactoredMatrix fresh) => new(
                Train($"hada_w{place}_a", fresh.A),
                Train($"hada_w{place}_b", fresh.B),
                fresh.Core is null ? null : Train($"hada_t{place}", fresh.Core));
        }

        public override Tensor Delta() => _first.Product() * _second.Product() * _scale;
    }
}
