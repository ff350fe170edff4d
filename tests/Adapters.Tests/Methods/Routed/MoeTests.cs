using Adapters.Mechanisms;
using Adapters.Methods;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Routed;

public sealed class MoeTests : TorchTest
{
    [Fact]
    public void With_all_experts_chosen_and_no_noise_it_is_the_dense_softmax_mixture()
    {
        using var model = OneLayer.Linear(6, 5);
        using var adapter = model.Attach("moe", """{"rank": 2, "experts": 3, "top_k": 3, "alpha": 3}""");
        var x = Input(2, 4, 6);

        var adapted = model.Evaluate(x);

        var gates = x.matmul(OneLayer.Trained(adapter, "router.weight")).softmax(-1);
        TensorAssert.Close(Mixture(model, adapter, x, gates, scale: 1.5), adapted);
    }

    [Fact]
    public void Each_token_gets_its_own_two_best_experts_renormalised()
    {
        using var model = OneLayer.Linear(6, 5);
        using var adapter = model.Attach("moe", """{"rank": 2, "experts": 3, "top_k": 2, "alpha": 2}""");
        var x = Input(1, 7, 6);
        var logits = x.matmul(OneLayer.Trained(adapter, "router.weight"));

        var adapted = model.Evaluate(x);

        var worst = logits.argmin(-1, keepdim: true);
        Assert.True(worst.unique().output.numel() > 1); // tokens differ in whom they leave out
        var gates = logits.masked_fill(logits.eq(logits.amin([-1], true)), float.NegativeInfinity).softmax(-1);
        TensorAssert.Close(Mixture(model, adapter, x, gates, scale: 1), adapted);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.01)] // Conv-LoRA's
    public void In_training_the_noise_is_a_softplus_above_the_floor(double floor)
    {
        using var model = OneLayer.Linear(6, 5);
        using var adapter = model.Attach("moe", $$"""{"rank": 2, "experts": 4, "top_k": 2, "noise_floor": {{floor}}}""");
        var x = Input(1, 7, 6);
        model.train();

        manual_seed(11);
        model.Layer.call(x);
        var loss = adapter.AuxiliaryLoss!();

        manual_seed(11);
        var (weight, noise) = (OneLayer.Trained(adapter, "router.weight"), OneLayer.Trained(adapter, "router.noise_weight"));
        var choice = new NoisyTopKGate(weight.detach(), noise.detach(), chosen: 2, floor).Choose(x.view(7, 6), training: true);
        TensorAssert.Close(nn.functional.softplus(x.view(7, 6).matmul(noise)) + floor, choice.Deviation!);
        Assert.Equal(0.1 * choice.Imbalance().item<float>(), loss.item<float>(), 1e-6); // 0.1 on both squared variations
    }

    [Fact]
    public void An_expert_that_no_token_chose_has_a_zero_gradient()
    {
        using var model = OneLayer.Linear(6, 5);
        using var adapter = model.Attach("moe", """{"rank": 1, "experts": 3, "top_k": 1}""");
        OneLayer.Set(adapter, "router.weight", tensor([0f, 9, -9]).expand(6, 3));

        model.eval();
        model.Layer.call(ones(2, 6)).sum().backward();

        var gradient = OneLayer.Trained(adapter, "lora_B.weight").grad!; // [out, 3]
        Assert.Equal([false, true, false], gradient.ne(0).any(0).data<bool>().ToArray());
    }

    [Fact]
    public void One_expert_is_lora()
    {
        using var model = OneLayer.Linear(6, 5);
        using var adapter = model.Attach("moe", """{"rank": 2, "experts": 1, "top_k": 1, "alpha": 4}""");
        var x = Input(3, 6);
        var (a, b) = (OneLayer.Trained(adapter, "lora_A.weight"), OneLayer.Trained(adapter, "lora_B.weight"));

        TensorAssert.Close(model.Layer.Apply(x, model.Layer.Weight + (2 * b.matmul(a)), model.Layer.Bias), model.Evaluate(x));
    }

    [Fact]
    public void More_chosen_than_there_are_is_refused()
    {
        using var model = OneLayer.Linear(6, 5);

        Assert.Equal("Option 'top_k' of method 'moe' is 5, but there are 4 experts.", model.Refusal("moe", """{"top_k": 5}"""));
    }

    private static Tensor Input(params long[] shape) =>
        arange(shape.Aggregate(1L, (a, b) => a * b), dtype: float32).mul(0.7).sin().view(shape);

    /// <summary>What a loop over the experts computes.</summary>
    private static Tensor Mixture(OneLayer model, Adapter adapter, Tensor x, Tensor gates, double scale)
    {
        using var frozen = no_grad();
        var experts = gates.shape[^1];
        var a = OneLayer.Trained(adapter, "lora_A.weight").chunk(experts, 0);
        var b = OneLayer.Trained(adapter, "lora_B.weight").chunk(experts, 1);
        var y = model.Layer.Apply(x, model.Layer.Weight, model.Layer.Bias);
        for (var e = 0; e < experts; e++)
            y += scale * gates.narrow(-1, e, 1) * x.matmul(a[e].t()).matmul(b[e].t());
        return y;
    }
}
