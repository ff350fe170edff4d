using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Methods.Initialisations;
using Adapters.Options;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Methods.Routed;

/// <summary>SMoRA: a LoRA of which each token uses k of the r ranks, as a gate over ranks chooses.</summary>
/// <remarks>
/// The authors' code, StyxXuan/smora: no loss balances the ranks. After each step those that fewer tokens chose than the mean gain
/// <c>balance_rate</c> in d, the others lose it. d is state and part of the gates, so it is saved with the adapter. Starts as the base,
/// because B = 0; with k = r, R = 0 and d = 0 it is LoRA of scale alpha / r. All ranks are computed and the gates choose among them.
/// </remarks>
[AdapterMethod("smora",
    Source = "Zhao et al. 2025, arXiv:2501.15103",
    Equation = "y = Wx + b + s·B(t ⊙ A·drop(x)), u = sigmoid(R·x) + d, t = k·u / Σ u over the k largest, 0 elsewhere, s = alpha / k",
    ParametersPerLayer = "rank * (in + out) + rank * in",
    OperationsPerToken = "rank * (2 * in + out)",
    KeptPerLayer = "2 * rank",
    CannotMerge = "its gates depend on the token")]
internal sealed class Smora : LayerMethod<Smora.Options>
{
    public sealed record Options : TargetOptions
    {
        /// <summary>Number r of ranks to choose from.</summary>
        [Range(1, 65536)]
        public int Rank { get; init; } = 64;

        /// <summary>How many of them each token uses.</summary>
        [Range(1, 65536)]
        public int TopK { get; init; } = 8;

        /// <summary>Numerator of the update's scale, alpha / top_k.</summary>
        [Range(0.0, 1e6), Mutable]
        public double Alpha { get; init; } = 16;

        /// <summary>Share of the input that the update does not see in training.</summary>
        [Range(0.0, 0.99), Mutable]
        public double Dropout { get; init; }

        /// <summary>What a rank's gate gains or loses with each step, as fewer or more tokens chose it than the mean.</summary>
        [Range(0.0, 1.0), Mutable]
        public double BalanceRate { get; init; } = 1e-5;
    }

    protected override SiteAdapter Create(Attachment on, Target target, Options options)
    {
        var site = target.Site;
        on.CheckTopK(options.TopK, options.Rank, of: "ranks");
        var device = site.Weight.device;
        var start = new Kaiming().Of(site, options.Rank, scale: 1, on.Generator);
        var router = new RankRouter(
            FreshFactor.KaimingUniform([options.Rank, site.Inputs], on.Generator).to(device), options.TopK, options.BalanceRate);
        on.Stepped += (_, _) => router.Balance();
        return new RoutedDelta(
            site, options.Rank, start.A.to(device), start.B.to(device), options.Alpha / options.TopK, options.Dropout, router);
    }

    /// <summary>Chooses ranks by a sigmoid and d, which counts in the gates too.</summary>
    private sealed class RankRouter : Router
    {
        private readonly Parameter _weight; // [rank, in]
        private readonly Tensor _d; // [rank]
        private readonly Tensor _load; // [rank], tokens of this step
        private readonly int _chosen;
        private readonly double _rate;

        public RankRouter(Tensor weight, int chosen, double rate)
        {
            (_chosen, _rate) = (chosen, rate);
            _weight = Own("weight", weight);
            _d = Keep("d", zeros(_weight.shape[0], device: _weight.device), Keeping.WithAdapter);
            _load = Keep("load", zeros_like(_d), Keeping.Remade);
        }

        protected override Routing Choose(Tensor tokens)
        {
            var (best, chosen) = Best(tokens.matmul(_weight.t()).sigmoid() + _d, _chosen);
            var shape = zeros(tokens.shape[0], _d.shape[0], device: tokens.device);
            if (training)
                _load.add_(shape.scatter(1, chosen, ones_like(best)).sum(dim: 0).detach());
            return new Routing(shape.scatter(1, chosen, best / best.sum(1, keepdim: true) * _chosen), chosen);
        }

        /// <summary>A step was made: whoever was chosen less than the mean is favoured from now on.</summary>
        public void Balance()
        {
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            _d.add_((_load.mean() - _load).sign(), _rate);
            _load.zero_();
        }
    }
}
