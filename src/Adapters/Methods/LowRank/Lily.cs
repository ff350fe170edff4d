using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Options;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Methods.LowRank;

/// <summary>Lily: layers of one kind share a set of factors B, which each mixes by a router of its own; neighbours may share A.</summary>
/// <remarks>
/// Section 3 of the paper. Layers are of one kind that the same target name means and that are of one shape. The router's weights are
/// averaged over all positions that the layer sees, as in PEFT: what a sample gives hangs on those beside it in the batch, and on
/// padding. Starts as the base, because every B = 0.
/// </remarks>
[AdapterMethod("lily",
    Source = "Zhong et al. 2024, arXiv:2407.09946",
    Equation = "y = Wx + b + s·(Σ p_e B_e)(Ax), p the mean of softmax(R·A·x) over all positions, the B_e those of all layers of a kind",
    ParametersPerLayer = "experts * rank",
    ParametersShared = "ceil(layers / stride) * rank * in + experts * rank * out", SharesByKind = true,
    OperationsPerToken = "rank * (in + out + experts)",
    OperationsPerPass = "experts * rank * out",
    CannotMerge = Obstacle,
    PeftType = "LILY", PeftInert = ["init_weights"])]
internal sealed class Lily : LayerMethod<Lily.Options>
{
    private const string Obstacle = "Lily mixes its factors by what a layer sees, batch by batch, so no one weight computes the same.";

    public sealed record Options : TargetOptions
    {
        /// <summary>Inner dimension r of the update.</summary>
        [Range(1, 65536), PeftField("r")]
        public int Rank { get; init; } = 32;

        /// <summary>Number of successive layers of a kind that share a factor A.</summary>
        [Range(1, 65536), PeftField("stride_A")]
        public int Stride { get; init; } = 1;

        /// <summary>Number of factors B that the layers of a kind share.</summary>
        [Range(1, 65536), PeftField("num_B")]
        public int Experts { get; init; } = 2;

        /// <summary>What the update is multiplied by.</summary>
        [Range(0.0, 1e6), Mutable, PeftField("scaling")]
        public double Scaling { get; init; } = 1;
    }

    protected override SiteAdapter Create(Attachment on, Target target, Options options)
    {
        var (inputs, outputs, device) = (target.Site.Inputs, target.Site.Outputs, target.Site.Weight.device);
        var names = options.TargetModules ?? on.Model.DefaultTargets;
        var kind = on.Adapted.Where(other => (options.TargetPattern is not null || NameOf(other, names) == NameOf(target, names))
            && (other.Site.Inputs, other.Site.Outputs) == (inputs, outputs)).ToList();
        var place = kind.IndexOf(target);

        var a = on.Share(kind[place - place % options.Stride], target, "lily_A.weight",
            () => FreshFactor.KaimingUniform([options.Rank, inputs], on.Generator).to(device));
        var b = on.Share(kind[0], target, "lily_B.weight", () => zeros(options.Experts * options.Rank, outputs, device: device));
        var router = FreshFactor.KaimingUniform([options.Experts, options.Rank], on.Generator).to(device);
        return new RoutedUpdate(target.Site, a, b, router, options.Scaling);
    }

    /// <summary>The longest of the given names that means a layer, or its last name where none does by name.</summary>
    private static string NameOf(Target target, IEnumerable<string> names) =>
        names.Where(name => TargetModules.Means(name, target.Name)).MaxBy(name => name.Length)
            ?? target.Name[(target.Name.LastIndexOf('.') + 1)..];

    private sealed class RoutedUpdate : ParallelAdapter
    {
        private readonly Parameter _a; // [rank, in]
        private readonly Parameter _b; // [experts·rank, out]
        private readonly Parameter _router; // [experts, rank]
        private readonly double _scaling;

        public RoutedUpdate(Site site, Parameter a, Parameter b, Tensor router, double scaling) : base(site)
        {
            (_a, _b, _scaling) = (a, b, scaling);
            _router = Own("lily_router.weight", router);
        }

        public override string MergeObstacle => Obstacle;

        public override bool SeesSequence => true;

        public override Tensor Adapt(Tensor x, Tensor y)
        {
            using var scope = NewDisposeScope();
            var h = functional.linear(Site.Cast(x, _a.dtype), _a).flatten(0, -2); // [positions, rank]
            var weights = functional.softmax(functional.linear(h, _router), dim: -1).mean([0]); // [experts]
            var mixed = weights.matmul(_b.view(_router.shape[0], -1)).view(_router.shape[1], -1); // [rank, out]
            return Site.AddMixed(y, h, mixed.t(), _scaling).MoveToOuterDisposeScope();
        }
    }
}
