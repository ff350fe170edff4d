using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests;

/// <summary>Assertions on tensors of float32, whose last bits differ between processors.</summary>
internal static class TensorAssert
{
    /// <summary>Asserts the same shape, and no difference beyond the tolerance times the largest value or 1.</summary>
    public static void Close(Tensor expected, Tensor actual, double tolerance = 1e-5)
    {
        Assert.Equal(expected.shape, actual.shape);
        Assert.InRange(Distance(expected, actual), 0, tolerance * Math.Max(1, Largest(expected)));
    }

    /// <summary>The largest difference between two values of the same place.</summary>
    public static double Distance(Tensor left, Tensor right) => Largest(left - right);

    private static double Largest(Tensor values) => values.abs().max().to(float64).item<double>();
}
