using Adapters.Mechanisms;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.LowRank;

public sealed class DeloraTests : TorchTest
{
    [Fact]
    public void An_update_is_of_length_lambda_before_the_columns_are_scaled()
    {
        using var model = new OneLayer(OneLayer.Matrix(2, 3, 1, 4, 0)); // columns of the lengths 5 and 1
        using var adapter = TinyBase.Attach("delora", model, """{"rank": 1, "lambda": 10}""");
        OneLayer.Set(adapter, "delora_A", 3, 4);
        OneLayer.Set(adapter, "delora_B", 0, 0.5f);

        var delta = ((LowRankAdapter)adapter.Sites["lin"]).Delta();

        TensorAssert.Close(OneLayer.Matrix(2, 0, 0, 30, 8), delta, 1e-6); // 10·(0, 1)·(0.6·5, 0.8·1)
    }

    [Fact]
    public void The_length_of_a_factor_changes_nothing()
    {
        using var model = TinyBase.Llama.Load();
        using var adapter = TinyBase.Attach("delora", model);
        TinyBase.Perturb(adapter);
        var before = TinyBase.Evaluate(model);

        using (no_grad())
            adapter.Trainable.First(pair => pair.Name.EndsWith("delora_A", StringComparison.Ordinal)).Parameter.mul_(4);

        TensorAssert.Close(before, TinyBase.Evaluate(model));
    }

    [Fact]
    public void The_first_gradient_is_finite_though_b_is_zero()
    {
        using var model = TinyBase.Llama.Load();
        using var adapter = TinyBase.Attach("delora", model);

        TinyBase.Loss(adapter).backward();

        Assert.All(adapter.Trainable, pair => Assert.True(pair.Parameter.grad!.isfinite().all().item<bool>()));
        Assert.Contains(adapter.Trainable, pair => pair.Parameter.grad!.count_nonzero().item<long>() > 0);
    }
}
