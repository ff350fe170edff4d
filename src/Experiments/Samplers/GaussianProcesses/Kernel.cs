using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Experiments.Samplers.GaussianProcesses;

/// <summary>
/// Correlation of a function's values at two points: Matérn 5/2 in the reals, each with a length scale ℓ of its own, times
/// exp(-Σ w) over the codes that differ. With r² = Σ(Δ/ℓ)²: <c>(1 + √5 r + 5r²/3) exp(-√5 r - Σ w)</c>.
/// </summary>
/// <remarks>Rasmussen and Williams 2006, section 4.2 and 5.1; for the codes Hutter et al. 2011 (SMAC), section 4.1.</remarks>
/// <param name="logarithms">ln ℓ of each real, then ln w of each code; more may follow.</param>
/// <param name="reals">How many reals there are.</param>
/// <param name="codes">How many codes there are.</param>
internal sealed class Kernel(ReadOnlySpan<double> logarithms, int reals, int codes)
{
    private const double FiveThirds = 5.0 / 3.0;

    private readonly double[] _inverseLengths = [.. logarithms[..reals].ToArray().Select(logarithm => Math.Exp(-logarithm))];
    private readonly double[] _weights = [.. logarithms.Slice(reals, codes).ToArray().Select(Math.Exp)];

    /// <summary>Correlations of a point with the first of a set.</summary>
    /// <param name="points">The set.</param>
    /// <param name="length">How many of them.</param>
    /// <param name="point">Reals, then codes.</param>
    /// <param name="correlations">Filled to the next whole vector.</param>
    /// <param name="slopes">Minus twice the derivative in r², filled likewise: <see cref="AddDirections"/> and
    /// <see cref="AddScales"/> make gradients of it.</param>
    public void Correlate(PointSet points, int length, ReadOnlySpan<double> point, Span<double> correlations, Span<double> slopes)
    {
        ref var correlation = ref correlations[0];
        ref var slope = ref slopes[0];
        var one = Vector256.Create(1.0);
        for (nuint at = 0; at < (nuint)length; at += (nuint)Vector256<double>.Count)
        {
            var (square, decay) = (Vector256<double>.Zero, Vector256<double>.Zero);
            for (var k = 0; k < reals; k++)
            {
                var distance = (Vector256.LoadUnsafe(ref points.Start(k), at) - Vector256.Create(point[k])) * _inverseLengths[k];
                square = Vector256.MultiplyAddEstimate(distance, distance, square);
            }

            for (var c = 0; c < codes; c++)
                decay += Differing(points, reals + c, point[reals + c], at) * _weights[c];

            var root = Vector256.Sqrt(5 * square);
            var share = Vector256.Exp(-(root + decay));
            (FiveThirds * (one + root) * share).StoreUnsafe(ref slope, at);
            ((one + root + FiveThirds * square) * share).StoreUnsafe(ref correlation, at);
        }
    }

    /// <summary>Adds Σ factor · ∂correlation/∂x to each real coordinate x of the point.</summary>
    /// <param name="points">The set that the point was correlated with.</param>
    /// <param name="point">The point.</param>
    /// <param name="factors">One for each of the set, times its slope; spare elements are zero.</param>
    /// <param name="gradient">By real.</param>
    public void AddDirections(PointSet points, ReadOnlySpan<double> point, ReadOnlySpan<double> factors, Span<double> gradient)
    {
        ref var factor = ref MemoryMarshal.GetReference(factors);
        for (var k = 0; k < reals; k++)
        {
            var (sum, x) = (Vector256<double>.Zero, Vector256.Create(point[k]));
            for (nuint at = 0; at < (nuint)points.Stride; at += (nuint)Vector256<double>.Count)
                sum += Vector256.LoadUnsafe(ref factor, at) * (Vector256.LoadUnsafe(ref points.Start(k), at) - x);
            gradient[k] += Vector256.Sum(sum) * _inverseLengths[k] * _inverseLengths[k];
        }
    }

    /// <summary>Adds Σ factor · ∂correlation/∂(hyperparameter) to each, in the order of the constructor.</summary>
    /// <param name="points">The set that the point was correlated with.</param>
    /// <param name="length">How many of them.</param>
    /// <param name="point">The point.</param>
    /// <param name="bySlope">One factor for each of the set, times its slope; spare elements are zero.</param>
    /// <param name="byCorrelation">The same times its correlation.</param>
    /// <param name="gradient">By hyperparameter.</param>
    public void AddScales(
        PointSet points, int length, ReadOnlySpan<double> point, Span<double> bySlope, Span<double> byCorrelation,
        Span<double> gradient)
    {
        for (var k = 0; k < reals; k++)
        {
            var (sum, x) = (Vector256<double>.Zero, Vector256.Create(point[k]));
            for (nuint at = 0; at < (nuint)length; at += (nuint)Vector256<double>.Count)
            {
                var distance = Vector256.LoadUnsafe(ref points.Start(k), at) - x;
                sum += Vector256.LoadUnsafe(ref bySlope[0], at) * distance * distance;
            }

            gradient[k] += Vector256.Sum(sum) * _inverseLengths[k] * _inverseLengths[k];
        }

        for (var c = 0; c < codes; c++)
        {
            var sum = Vector256<double>.Zero;
            for (nuint at = 0; at < (nuint)length; at += (nuint)Vector256<double>.Count)
                sum += Vector256.LoadUnsafe(ref byCorrelation[0], at) * Differing(points, reals + c, point[reals + c], at);
            gradient[reals + c] -= Vector256.Sum(sum) * _weights[c];
        }
    }

    /// <summary>1 where the code differs, else 0.</summary>
    private static Vector256<double> Differing(PointSet points, int coordinate, double code, nuint at) =>
        Vector256.AndNot(
            Vector256.Create(1.0), Vector256.Equals(Vector256.LoadUnsafe(ref points.Start(coordinate), at), Vector256.Create(code)));
}
