using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Experiments.Samplers.GaussianProcesses;

/// <summary>
/// A square matrix whose rows begin at multiples of a vector and end in spare elements. Loops go over whole vectors and
/// need no remainder, as long as the spare elements hold zeros or are met by zeros.
/// </summary>
internal sealed class PaddedMatrix(int size)
{
    private const int Lanes = 4; // fixed, not the machine's, so that sums are formed in the same order everywhere

    private readonly double[] _elements = new double[size * PaddedLength(size)];

    /// <summary>Rows, and columns without the spare ones.</summary>
    public int Size { get; } = size;

    /// <summary>Elements from one row to the next.</summary>
    public int Stride { get; } = PaddedLength(size);

    /// <summary>A row with its spare elements.</summary>
    public Span<double> this[int row] => _elements.AsSpan(row * Stride, Stride);

    /// <summary>A length rounded up to whole vectors.</summary>
    public static int PaddedLength(int length) => (length + Lanes - 1) / Lanes * Lanes;

    /// <summary>The first element of a row.</summary>
    public ref double Start(int row) => ref _elements[row * Stride];

    /// <summary>Sets every element to zero.</summary>
    public void Clear() => Array.Clear(_elements);

    /// <summary>Sum of products of the first elements, rounded up to whole vectors.</summary>
    public static double Dot(ref double a, ref double b, int length)
    {
        var (even, odd) = (Vector256<double>.Zero, Vector256<double>.Zero);
        var end = (nuint)PaddedLength(length);
        nuint at = 0;
        for (; at + Lanes < end; at += 2 * Lanes)
        {
            even = MultiplyAdd(ref a, ref b, at, even);
            odd = MultiplyAdd(ref a, ref b, at + Lanes, odd);
        }

        if (at < end)
            even = MultiplyAdd(ref a, ref b, at, even);
        return Vector256.Sum(even + odd);
    }

    /// <summary>The products of one row with four that lie a stride apart, in one pass over it.</summary>
    public static (double, double, double, double) DotFour(ref double a, ref double rows, int stride, int length)
    {
        ref var b = ref Unsafe.Add(ref rows, stride);
        ref var c = ref Unsafe.Add(ref rows, 2 * stride);
        ref var d = ref Unsafe.Add(ref rows, 3 * stride);
        var (first, second) = (Vector256<double>.Zero, Vector256<double>.Zero);
        var (third, fourth) = (Vector256<double>.Zero, Vector256<double>.Zero);
        var end = (nuint)PaddedLength(length);
        for (nuint at = 0; at < end; at += Lanes)
        {
            var left = Vector256.LoadUnsafe(ref a, at);
            first = Vector256.MultiplyAddEstimate(left, Vector256.LoadUnsafe(ref rows, at), first);
            second = Vector256.MultiplyAddEstimate(left, Vector256.LoadUnsafe(ref b, at), second);
            third = Vector256.MultiplyAddEstimate(left, Vector256.LoadUnsafe(ref c, at), third);
            fourth = Vector256.MultiplyAddEstimate(left, Vector256.LoadUnsafe(ref d, at), fourth);
        }

        return (Vector256.Sum(first), Vector256.Sum(second), Vector256.Sum(third), Vector256.Sum(fourth));
    }

    /// <summary>Adds a multiple of a row to another one.</summary>
    public static void Add(ref double to, double factor, ref double row, int length)
    {
        var factors = Vector256.Create(factor);
        var end = (nuint)PaddedLength(length);
        for (nuint at = 0; at < end; at += Lanes)
        {
            var sum = Vector256.MultiplyAddEstimate(factors, Vector256.LoadUnsafe(ref row, at), Vector256.LoadUnsafe(ref to, at));
            sum.StoreUnsafe(ref to, at);
        }
    }

    /// <summary>Adds multiples of four consecutive rows of this matrix to another row; rows beyond the last count as zero.</summary>
    public void AddFour(ref double to, int row, (double First, double Second, double Third, double Fourth) factors, int length)
    {
        ref var a = ref Start(row);
        ref var b = ref Start(Math.Min(row + 1, Size - 1));
        ref var c = ref Start(Math.Min(row + 2, Size - 1));
        ref var d = ref Start(Math.Min(row + 3, Size - 1));
        var (first, second) = (Vector256.Create(factors.First), Vector256.Create(factors.Second));
        var (third, fourth) = (Vector256.Create(factors.Third), Vector256.Create(factors.Fourth));
        var end = (nuint)PaddedLength(length);
        for (nuint at = 0; at < end; at += Lanes)
        {
            var sum = Vector256.MultiplyAddEstimate(first, Vector256.LoadUnsafe(ref a, at), Vector256.LoadUnsafe(ref to, at));
            sum = Vector256.MultiplyAddEstimate(second, Vector256.LoadUnsafe(ref b, at), sum);
            sum = Vector256.MultiplyAddEstimate(third, Vector256.LoadUnsafe(ref c, at), sum);
            sum = Vector256.MultiplyAddEstimate(fourth, Vector256.LoadUnsafe(ref d, at), sum);
            sum.StoreUnsafe(ref to, at);
        }
    }

    private static Vector256<double> MultiplyAdd(ref double a, ref double b, nuint at, Vector256<double> sum) =>
        Vector256.MultiplyAddEstimate(Vector256.LoadUnsafe(ref a, at), Vector256.LoadUnsafe(ref b, at), sum);
}
