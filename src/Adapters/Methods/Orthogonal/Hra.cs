using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Options;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace Adapters.Methods.Orthogonal;

/// <summary>HRA: a layer's inputs are reflected at r trained hyperplanes one after the other, which is orthogonal and a change of rank
/// r. Starts as the base up to rounding where r is even: the hyperplanes come in equal pairs.</summary>
/// <remarks>
/// The product of the reflections is computed as one matrix of rank r (Joffrain et al. 2006,
/// doi:10.1145/1141885.1141886). Reflections at an odd number of planes, or at orthogonal ones, are never the identity: such an adapter
/// starts elsewhere, in PEFT too, where moreover orthogonalising equal pairs leaves every second plane to rounding. Here those start
/// from independent planes.
/// </remarks>
[AdapterMethod("hra",
    Source = "Yuan et al. 2024, arXiv:2405.17484",
    Equation = "y = W·H₀…Hᵣ₋₁·x + b, Hᵢ = I - 2uᵢuᵢᵀ/‖uᵢ‖²",
    ParametersPerLayer = "rank * in",
    PeftType = "HRA", PeftInert = ["init_weights"],
    OperationsPerToken = "2 * rank * in",
    OperationsPerPass = "2 * rank * rank * in + rank * rank * rank / 3",
    OperationsToMerge = "2 * rank * in * out + 2 * rank * rank * in + rank * rank * rank / 3",
    StartsAt = "the base's output up to rounding, as every second reflection takes the one before it back")]
internal sealed class Hra : LayerMethod<Hra.Options>
{
    public sealed record Options : TargetOptions
    {
        /// <summary>Number r of reflections; at an even number the start is the base.</summary>
        [Range(1, 65536), PeftField("r")]
        public int Rank { get; init; } = 8;

        /// <summary>Whether the planes are made orthogonal to each other first; the start is not the base then.</summary>
        [PeftField("apply_GS")]
        public bool GramSchmidt { get; init; }
    }

    protected override bool Adapts(Site site) => site is LinearSite or ConvolutionSite;

    protected override SiteAdapter Create(Attachment on, Target target, Options options)
    {
        var (inputs, rank) = (target.Site.Inputs, options.Rank);
        if (options.GramSchmidt && rank > inputs)
            throw new AdapterException($"Option 'rank' of method '{on.Method}' is {rank}, but {target.Name} has {inputs} inputs, so at "
                + $"most {inputs} planes can be orthogonal.");
        var planes = options.GramSchmidt
            ? FreshFactor.KaimingUniform([inputs, rank], on.Generator)
            : FreshFactor.KaimingUniform([inputs, (rank + 1) / 2], on.Generator).repeat_interleave(2, dim: 1).narrow(1, 0, rank);
        return new Reflections(target.Site, planes.to(target.Site.Weight.device), options.GramSchmidt);
    }

    private sealed class Reflections : InputTransform
    {
        private readonly Parameter _planes; // [in, rank]
        private readonly bool _orthogonalised;

        public Reflections(Site site, Tensor planes, bool orthogonalised) : base(site) =>
            (_planes, _orthogonalised) = (Own("hra_u", planes.contiguous()), orthogonalised);

        /// <summary>W is multiplied by H, so R is its transpose.</summary>
        protected override Tensor Map(Tensor rows, bool transposed)
        {
            var (left, right) = Factors();
            return transposed ? rows - rows.matmul(left).matmul(right) : rows - rows.matmul(right.t()).matmul(left.t());
        }

        /// <summary>
        /// H = I - left·right, <c>[in, rank]</c> and <c>[rank, in]</c>. With unit columns U it is I - U·T·Uᵀ, where T⁻¹ has the columns'
        /// products above a diagonal of halves.
        /// </summary>
        private (Tensor Left, Tensor Right) Factors()
        {
            if (_orthogonalised)
            {
                var (q, _) = linalg.qr(_planes);
                return (q, 2 * q.t());
            }

            var u = _planes / _planes.square().sum(dim: 0, keepdim: true).sqrt();
            var inverse = u.t().matmul(u).triu(1) + eye(u.shape[1], dtype: u.dtype, device: u.device) / 2;
            return (u, linalg.solve(inverse, u.t()));
        }
    }
}
