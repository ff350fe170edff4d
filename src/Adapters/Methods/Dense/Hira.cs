using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Methods.Initialisations;
using Adapters.Models;
using Adapters.Options;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Methods.Dense;

/// <summary>
/// HiRA: the weight itself times, entry by entry, a matrix of rank r; such an update is of full rank. Starts as the base, because
/// BA = 0.
/// </summary>
/// <remarks>As in PEFT there is no scale, and W is the weight as it was loaded.</remarks>
[AdapterMethod("hira",
    Source = "Huang et al. 2025, HiRA: Parameter-Efficient Hadamard High-Rank Adaptation, ICLR",
    Equation = "y = Wx + b + (W ⊙ BA)·drop(x)",
    ParametersPerLayer = "rank * (in + out)",
    OperationsPerToken = "in * out",
    OperationsPerPass = "rank * in * out",
    OperationsToMerge = "rank * in * out",
    PeftType = "HIRA")]
internal sealed class Hira : LayerMethod<Hira.Options>
{
    public sealed record Options : RankedOptions
    {
        public Options() => Rank = 32;

        /// <summary>Share of the input that the update does not see in training.</summary>
        [Range(0.0, 0.99), Mutable, PeftField("hira_dropout")]
        public double Dropout { get; init; }

        /// <summary>How A starts; B is zero.</summary>
        [AllowedValues("kaiming", "gaussian"), PeftField("init_weights", True = "kaiming", False = "kaiming")]
        public string Init { get; init; } = "kaiming";
    }

    protected override bool Adapts(Site site) => true;

    protected override SiteAdapter Create(Attachment on, Target target, Options options) => new Update(
        target.Site, LowRankInitNameAttribute.Find(options.Init).Of(target.Site, options.Rank, scale: 1, on.Generator), options.Dropout);

    private sealed class Update : DenseDelta
    {
        private readonly Parameter _a; // [rank, in]; of a convolution [rank, channels, height, width]
        private readonly Parameter _b; // [out, rank]; of a convolution [out, rank, 1, 1]

        public Update(Site site, LowRankStart start, double dropout) : base(site, dropout)
        {
            (_a, _b) = site switch
            {
                EmbeddingSite => (Train("hira_embedding_A", start.A), Train("hira_embedding_B", start.B)),
                ConvolutionSite => (Train("hira_A", site.Shape(start.A)), Train("hira_B", start.B.reshape(site.Outputs, -1, 1, 1))),
                _ => (Train("hira_A", start.A), Train("hira_B", start.B)),
            };
        }

        public override bool ReadsWeights => true;

        public override Tensor Delta() => Site.Matrix(Site.Weight).to(_a.dtype) * _b.flatten(1).matmul(_a.flatten(1));

        /// <summary>Of an embedding only the rows of the tokens at hand are computed.</summary>
        public override Tensor Adapt(Tensor x, Tensor y)
        {
            if (Site is not EmbeddingSite)
                return base.Adapt(x, y);
            using var scope = NewDisposeScope();
            var factors = Site.MixOutputs(Site.Apply(x, Site.Shape(_a)), _b);
            return (y.to(_a.dtype) + Site.Apply(x, Site.Weight).to(_a.dtype) * factors).to(y.dtype).MoveToOuterDisposeScope();
        }
    }
}
