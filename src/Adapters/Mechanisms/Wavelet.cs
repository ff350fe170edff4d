using System.Globalization;
using System.Numerics;
using Adapters.Options;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>
/// An orthogonal wavelet of Daubechies by its number of vanishing moments N, with filters of 2N taps. Of those that share N,
/// <c>dbN</c> has the energy in front, <c>symN</c> (N from 2) is nearly symmetric; <c>db1</c> is Haar's.
/// </summary>
/// <remarks>
/// Daubechies 1988, Orthonormal bases of compactly supported wavelets; found by factoring the spectrum, not in a table. N is at
/// most 10: beyond, the roots are too ill-conditioned for float64.
/// </remarks>
internal sealed class Wavelet
{
    private const int MostMoments = 10;

    /// <summary>
    /// Of each N from 2 which roots of the polynomial, by their distance from 0, lie without the unit circle in the nearly symmetric
    /// wavelet, as PyWavelets has it: a mirrored filter would do as well, but not with the coefficients of trained adapters.
    /// </summary>
    private static readonly string[] Outside = ["0", "0", "01", "10", "101", "100", "0101", "0110", "10101"];

    private readonly double[] _low;
    private readonly double[] _high;

    private Wavelet(int moments, string outside)
    {
        _low = LowPass(moments, outside);
        _high = [.. _low.Reverse().Select((tap, index) => index % 2 == 0 ? tap : -tap)];
    }

    /// <summary>Names of all.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. Enumerable.Range(1, MostMoments).Select(moments => $"db{moments}"),
        .. Enumerable.Range(2, MostMoments - 1).Select(moments => $"sym{moments}"),
    ];

    /// <summary>By how many rows, and columns, an inverse transform has fewer than the coefficients that it is given.</summary>
    public int Reduction => _low.Length - 2;

    /// <summary>The wavelet of one of the <see cref="Names"/>.</summary>
    public static Wavelet Called(string name)
    {
        var moments = int.Parse(name.AsSpan(name.IndexOfAnyInRange('0', '9')), CultureInfo.InvariantCulture);
        return new Wavelet(moments, name.StartsWith("sym", StringComparison.Ordinal) ? Outside[moments - 2] : new string('0', moments));
    }

    /// <summary>One level of the inverse transform, whose ends, which lack neighbours, are cut off.</summary>
    /// <param name="coefficients">
    /// <c>[rows, columns]</c>, both even: low-pass on the upper left, high-pass along rows below, along columns on the right.
    /// </param>
    /// <returns>By <see cref="Reduction"/> fewer rows and columns.</returns>
    public Tensor Inverse(Tensor coefficients) => Along(1, Along(0, coefficients));

    private Tensor Along(int dimension, Tensor x)
    {
        var (half, last) = (x.shape[dimension] / 2, _low.Length / 2 - 1);
        return stack([Phase(0), Phase(1)], dimension + 1).flatten(dimension, dimension + 1);

        // Every other output, as a sum over taps instead of a convolution: with the same bits each time on a GPU.
        Tensor Phase(int first) => Enumerable.Range(0, last + 1)
            .Select(tap => Shifted(0, tap) * _low[2 * tap + first] + Shifted(half, tap) * _high[2 * tap + first])
            .Aggregate((sum, term) => sum + term);

        Tensor Shifted(long begin, int tap) => x.narrow(dimension, begin + last - tap, half - last);
    }

    /// <summary>
    /// ((1 + z) / 2)^N times a polynomial whose square on the unit circle is Σ C(N-1+k, k)·y^k, y = (2 - z - 1/z) / 4: of each pair
    /// of roots z and 1/z it has one. Taps sum to √2.
    /// </summary>
    private static double[] LowPass(int moments, string outside)
    {
        Complex[] taps = [1];
        for (var each = 0; each < moments; each++)
            taps = Times(taps, -1);
        var within = Roots(moments).Where(y => y.Imaginary > -1e-7).Select(Within).OrderBy(root => root.Magnitude);
        foreach (var (root, where) in within.Zip(outside))
        {
            var chosen = where == '1' ? 1 / root : root;
            taps = Times(taps, chosen);
            if (Math.Abs(chosen.Imaginary) > 1e-7)
                taps = Times(taps, Complex.Conjugate(chosen));
        }

        var sum = taps.Aggregate(Complex.Zero, (total, tap) => total + tap).Real;
        return [.. taps.Select(tap => tap.Real * Math.Sqrt(2) / sum)];

        static Complex Within(Complex y)
        {
            var middle = 1 - 2 * y; // z + 1/z = 2·middle
            var root = middle + Complex.Sqrt(middle * middle - 1);
            return root.Magnitude < 1 ? root : 1 / root;
        }
    }

    /// <summary>A polynomial, highest power first, times <c>z - root</c>.</summary>
    private static Complex[] Times(Complex[] polynomial, Complex root) =>
    [
        .. Enumerable.Range(0, polynomial.Length + 1).Select(power =>
            (power < polynomial.Length ? polynomial[power] : 0) - (power > 0 ? root * polynomial[power - 1] : 0)),
    ];

    /// <summary>The roots of Σ_{k&lt;N} C(N-1+k, k)·y^k, all at once (Durand and Kerner).</summary>
    private static Complex[] Roots(int moments)
    {
        var coefficients = new double[moments]; // lowest power first
        coefficients[0] = 1;
        for (var k = 1; k < moments; k++)
            coefficients[k] = coefficients[k - 1] * (moments - 1 + k) / k;

        var roots = Enumerable.Range(0, moments - 1).Select(index => Complex.Pow(new Complex(0.4, 0.9), index)).ToArray();
        for (var round = 0; round < 200; round++)
            for (var at = 0; at < roots.Length; at++)
            {
                var value = coefficients.Reverse().Aggregate(Complex.Zero, (sum, coefficient) => sum * roots[at] + coefficient);
                var others = roots.Where((_, index) => index != at)
                    .Aggregate(Complex.One, (product, other) => product * (roots[at] - other));
                roots[at] -= value / coefficients[^1] / others;
            }

        return roots;
    }
}

/// <summary>The option is the name of a wavelet.</summary>
internal sealed class WaveletNameAttribute : ChoicesAttribute
{
    public override IReadOnlyList<string> Names => Wavelet.Names;
}
