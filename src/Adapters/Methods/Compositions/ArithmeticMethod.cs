using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using static TorchSharp.torch;

namespace Adapters.Methods.Compositions;

/// <summary>
/// A composition that thins updates out before it sums them, value by value: those of the factors A and B, as PEFT's
/// combinations do, or those of the whole update, which is then cut to a rank (PEFT's <c>…_svd</c>).
/// </summary>
/// <remarks>
/// Of factors, the root of weight times scale goes to each, and the sign of the weight to B, so that a negative weight negates.
/// </remarks>
internal abstract class ArithmeticMethod<TOptions> : CompositionMethod<TOptions>
    where TOptions : ArithmeticOptions, new()
{
    protected sealed override (Tensor A, Tensor B) Compose(ComposedLayer layer, TOptions options)
    {
        var experts = layer.Weighted();
        if (options.Operand == ArithmeticOperand.Delta)
        {
            var sum = Combine([.. experts.Select(expert => expert.B.to(float32).matmul(expert.A.to(float32)))],
                [.. experts.Select(expert => expert.Scale)], options, layer.Generator);
            return TruncatedSvd.Of(sum, options.Rank ?? layer.LargestRank);
        }

        foreach (var other in experts)
            FactorSums.CheckRanks(layer.Method, layer.Name, experts[0], other);
        double[] roots = [.. experts.Select(expert => Math.Sqrt(Math.Abs(expert.Scale)))];
        double[] signed = [.. experts.Select((expert, n) => Math.CopySign(roots[n], expert.Scale))];
        return (Combine([.. experts.Select(expert => expert.A.to(float32))], roots, options, layer.Generator),
            Combine([.. experts.Select(expert => expert.B.to(float32))], signed, options, layer.Generator));
    }

    /// <summary>Makes one tensor of several.</summary>
    /// <param name="tensors">What each expert has learnt, all of one shape.</param>
    /// <param name="weights">What each is multiplied by.</param>
    /// <param name="options">The options.</param>
    /// <param name="generator">Draws, on the CPU.</param>
    protected abstract Tensor Combine(
        IReadOnlyList<Tensor> tensors, IReadOnlyList<double> weights, TOptions options, Generator generator);
}

/// <summary>The options of compositions that thin updates out.</summary>
public abstract record ArithmeticOptions : CompositionOptions
{
    /// <summary>Share of the values that is kept.</summary>
    [Range(0.001, 1.0)]
    public double Density { get; init; } = 0.5;

    /// <summary>Which values: those of the factors A and B, or those of the update BA, which is then cut to a rank.</summary>
    public ArithmeticOperand Operand { get; init; }

    /// <summary>Rank of the result where that is cut; that of the largest expert where absent.</summary>
    [Range(1, 65536)]
    public int? Rank { get; init; }
}

/// <summary>What an arithmetic of updates works on.</summary>
public enum ArithmeticOperand
{
    /// <summary>A and B, each for itself.</summary>
    Factors,

    /// <summary>BA.</summary>
    Delta,
}
