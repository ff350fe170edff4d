using Adapters.Mechanisms;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.LowRank;

public sealed class RandloraTests : TorchTest
{
    [Theory]
    [InlineData(3, 2)]
    [InlineData(2, 3)]
    public void The_update_is_the_scaled_sum_of_its_bases_or_its_transpose(long outputs, long inputs)
    {
        using var model = new OneLayer(zeros(outputs, inputs));
        using var adapter = TinyBase.Attach("randlora", model, """{"rank": 1, "alpha": 2}""");
        OneLayer.Set(adapter, "randlora_lambda", 2, 3);
        OneLayer.Set(adapter, "randlora_gamma", 1, -1, 0.5f, 4);
        var a = OneLayer.Kept(adapter, "randlora_A").flatten(); // [2]
        var b = OneLayer.Kept(adapter, "randlora_B").squeeze(2); // [3, 2], a column for each base

        var delta = ((LowRankAdapter)adapter.Sites["lin"]).Delta();

        var sum = 2 * (b.select(1, 0).outer(2 * a * tensor([1f, -1f])) + b.select(1, 1).outer(3 * a * tensor([0.5f, 4f])));
        TensorAssert.Close(outputs > inputs ? sum : sum.t(), delta, 1e-6);
    }

    [Fact]
    public void Its_bases_make_a_full_rank()
    {
        using var model = new OneLayer(zeros(7, 5));
        using var adapter = TinyBase.Attach("randlora", model, """{"rank": 2}""");
        TinyBase.Perturb(adapter);

        var values = linalg.svdvals(((LowRankAdapter)adapter.Sites["lin"]).Delta());

        Assert.Equal([2, 3], adapter.Trainable[0].Parameter.shape); // ⌈5 / 2⌉ bases
        Assert.True(values[4].item<float>() > 1e-3 * values[0].item<float>());
    }

    [Theory]
    [InlineData("sparse", 1 / 3.0)]
    [InlineData("very_sparse", 1 / 10.0)] // 1/√100
    public void Sparse_bases_hold_three_values_of_unit_deviation(string option, double share)
    {
        using var model = new OneLayer(zeros(120, 100));
        using var adapter = TinyBase.Attach("randlora", model, $$"""{"rank": 10, "{{option}}": true}""");

        var b = OneLayer.Kept(adapter, "randlora_B");

        Assert.Equal(1, b.std().item<float>(), 1e-4);
        Assert.Equal(2, b.abs().unique().output.numel());
        Assert.InRange(b.ne(0).to(float32).mean().item<float>(), 0.9 * share, 1.1 * share);
    }
}
