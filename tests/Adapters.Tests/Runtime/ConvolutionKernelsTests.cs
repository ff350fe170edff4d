using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Tests.Runtime;

public sealed class ConvolutionKernelsTests
{
    public static MatrixTheoryData<int, int, int, int, int> Shapes { get; } =
        new([1, 2, 8], [1, 3, 16], [1, 2, 32], [3, 5], [0, 1]);

    [Theory, MemberData(nameof(Shapes))]
    public void Gradients_are_those_in_double_precision(int batch, int channels, int outputs, int kernel, int padding)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(7, CPU);
        var map = randn([batch, channels, 6, 7], generator: generator);
        var weight = randn([outputs, channels, kernel, kernel], generator: generator);

        var single = Gradients(float32);
        var exact = Gradients(float64);

        foreach (var (actual, expected) in single.Zip(exact))
            Assert.InRange(((actual.to(float64) - expected).abs().max() / expected.abs().max()).item<double>(), 0, 1e-5);

        Tensor[] Gradients(ScalarType type)
        {
            var (x, w) = (map.to(type).clone().requires_grad_(), weight.to(type).clone().requires_grad_());
            functional.conv2d(x, w, padding: [padding, padding]).square().sum().backward();
            return [x.grad!, w.grad!];
        }
    }
}
