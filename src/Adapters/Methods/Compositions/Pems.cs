using System.ComponentModel.DataAnnotations;
using Adapters.Options;
using static TorchSharp.torch;

namespace Adapters.Methods.Compositions;

/// <summary>Arithmetic of parameter-efficient modules: the factors A and B of trained updates are added, negated, put in analogy.</summary>
/// <remarks>
/// Section 3 of the paper. Only B is negated, since negating both factors changes nothing. The experts must have one rank and
/// one scale; that they started from the same A helps.
/// </remarks>
[AdapterMethod("pems",
    Source = "Zhang et al. 2023, arXiv:2306.14870",
    Equation = "y = Wx + b + s·B(A·x), A = Σ w_n·A_n, B = Σ ±w_n·B_n",
    OperationsPerToken = "rank * (in + out)",
    OperationsToMerge = "rank * in * out",
    KeptPerLayer = "rank * (in + out)",
    ComposesExperts = true, Trains = false, StartsAt = "what its operation gives")]
internal sealed class Pems : CompositionMethod<Pems.Options>
{
    public enum Arithmetic
    {
        Add,
        Negate,
        Analogy,
    }

    public sealed record Options : CompositionOptions
    {
        /// <summary>add: A = Σ w_n·A_n, B = Σ w_n·B_n; negate: B = -w·B_1 of one expert; analogy: the first, plus what the second has
        /// over the third.</summary>
        public Arithmetic Operation { get; init; }

        /// <summary>Weight of the first expert in an analogy, in place of weights.</summary>
        [Range(-1000.0, 1000.0)]
        public double Lambda1 { get; init; } = 0.5;

        /// <summary>Weight of the second expert and the third in an analogy: A = λ1·A_1 + λ2·(A_2 + A_3),
        /// B = λ1·B_1 + λ2·(B_2 - B_3).</summary>
        [Range(-1000.0, 1000.0)]
        public double Lambda2 { get; init; } = 0.5;
    }

    protected override void CheckCount(Options options, int experts)
    {
        var asked = options.Operation switch { Arithmetic.Negate => 1, Arithmetic.Analogy => 3, _ => experts };
        if (experts != asked)
            throw new AdapterException($"Option 'operation' of method 'pems' is {OptionSchema.Spell(options.Operation)}, which takes "
                + $"{asked} {(asked == 1 ? "expert" : "experts")}, but there {(experts == 1 ? "is" : "are")} {experts}.");
        if (options is { Operation: Arithmetic.Analogy, Weights: { } weights })
            throw new AdapterException($"Option 'weights' of method 'pems' is [{string.Join(", ", weights)}], but an analogy is weighed by "
                + "'lambda1' and 'lambda2'.");
    }

    protected override (Tensor A, Tensor B) Compose(ComposedLayer layer, Options options)
    {
        var experts = FactorSums.Alike(layer.Method, layer.Name, layer.Experts);
        var (w, l1, l2) = (layer.Weights, options.Lambda1, options.Lambda2);
        var (ofA, ofB) = options.Operation switch
        {
            Arithmetic.Add => (w, w),
            Arithmetic.Negate => ([1], [-w[0]]),
            _ => ([l1, l2, l2], [l1, l2, -l2]),
        };
        return (FactorSums.Sum(experts.Select(expert => expert.A), ofA),
            FactorSums.Sum(experts.Select(expert => expert.B), ofB) * experts[0].Scale);
    }
}
