using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods;

public sealed class HalfPrecisionTests : TorchTest
{
    [Theory]
    [InlineData("ia3", "{}")]
    [InlineData("ia3", """{"feedforward_modules": ["lin"]}""")]
    [InlineData("road", """{"group_size": 4}""")]
    [InlineData("oft", """{"block_size": 4}""")]
    [InlineData("boft", "{}")]
    [InlineData("hra", """{"rank": 4}""")]
    [InlineData("psoft", """{"rank": 4}""")]
    [InlineData("glora", """{"rank": 4}""")]
    [InlineData("miss", """{"rank": 4}""")]
    [InlineData("miss", """{"rank": 4, "variant": "bat"}""")]
    public void Over_a_base_of_bfloat16_it_trains_in_float32_and_gives_bfloat16(string method, string options)
    {
        using var half = OneLayer.Half(8, 4);
        using var model = OneLayer.Linear(half.Layer.Weight.to(float32));
        using var adapter = model.Attach(method, options);
        using var onHalf = half.Attach(method, options);
        using var generator = new Generator(6);
        var x = empty(3, 8).normal_(0, 1, generator).to(bfloat16);

        half.train();
        var y = half.Layer.call(x);
        y.sum().backward();

        Assert.Equal(bfloat16, y.dtype);
        Assert.All(onHalf.Trainable, pair => Assert.Equal(float32, pair.Parameter.grad!.dtype));
        TensorAssert.Close(model.Evaluate(x.to(float32)), y.detach().to(float32), 0.02);
    }
}
