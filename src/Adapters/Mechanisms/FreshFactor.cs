using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>Draws of fresh factors, made on the CPU so that they are the same on every device.</summary>
internal static class FreshFactor
{
    /// <summary>Uniform in ±1/√fan_in, the fan being the product of all dimensions but the first: Torch's own for linear layers
    /// and convolutions (He et al. 2015, arXiv:1502.01852, with a = √5).</summary>
    public static Tensor KaimingUniform(long[] shape, Generator generator)
    {
        var bound = 1 / Math.Sqrt(shape.Skip(1).Aggregate(1L, (product, size) => product * size));
        return empty(shape).uniform_(-bound, bound, generator);
    }
}
