using Adapters.Checkpoints;
using Adapters.Methods;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Routed;

public sealed class SmoraTests : TorchTest
{
    [Fact]
    public void With_all_ranks_and_no_router_it_is_lora()
    {
        using var model = OneLayer.Linear(6, 5);
        using var adapter = model.Attach("smora", """{"rank": 4, "top_k": 4, "alpha": 8}""");
        OneLayer.Set(adapter, "router.weight", zeros(4, 6));
        var x = arange(18, dtype: float32).mul(0.7).sin().view(3, 6);
        var (a, b) = (OneLayer.Trained(adapter, "lora_A.weight"), OneLayer.Trained(adapter, "lora_B.weight"));

        TensorAssert.Close(model.Layer.Apply(x, model.Layer.Weight + (2 * b.matmul(a)), model.Layer.Bias), model.Evaluate(x));
    }

    [Fact]
    public void Gates_are_the_chosen_ranks_shares_times_their_number_d_included()
    {
        using var model = OneLayer.Linear(zeros(3, 1));
        using var adapter = model.Attach("smora", """{"rank": 3, "top_k": 2, "alpha": 2}""");
        OneLayer.Set(adapter, "lora_A.weight", ones(3, 1));
        OneLayer.Set(adapter, "lora_B.weight", eye(3)); // so that the output is the gates
        OneLayer.Set(adapter, "router.weight", zeros(3, 1));
        using (no_grad())
            State(adapter).copy_(tensor([0.1f, 0, 0.3f]));

        // u = 0.6, 0.5, 0.8: the first and the last, 2·0.6/1.4 and 2·0.8/1.4.
        TensorAssert.Close(tensor([1.2f / 1.4f, 0, 1.6f / 1.4f]), model.Evaluate(ones(1)));
    }

    [Fact]
    public void A_step_favours_ranks_that_were_chosen_less_than_the_mean()
    {
        using var model = OneLayer.Linear(zeros(3, 1));
        using var adapter = model.Attach("smora", """{"rank": 3, "top_k": 1, "balance_rate": 0.25}""");
        OneLayer.Set(adapter, "router.weight", tensor([1f, -1, 0]).view(3, 1));

        model.Evaluate(ones(1)); // does not count
        model.train();
        model.Layer.call(tensor([1f, 2, -1]).view(3, 1)); // two tokens to the first, one to the second
        adapter.Stepped!(1, 2);
        var first = State(adapter).clone();
        adapter.Stepped(2, 2); // nothing was chosen since

        Assert.Equal([-0.25f, 0, 0.25f], first.data<float>().ToArray()); // the mean is 1
        Assert.True(first.equal(State(adapter)).all().item<bool>());
    }

    [Fact]
    public void What_the_steps_have_made_of_d_is_saved_with_the_adapter()
    {
        using var model = OneLayer.Linear(6, 5);
        using var adapter = model.Attach("smora", """{"rank": 4, "top_k": 2}""");
        using (no_grad())
            State(adapter).copy_(tensor([1f, 2, 3, 4]));
        var x = arange(18, dtype: float32).view(3, 6);
        var before = model.Evaluate(x);

        AdapterFolder.Save(adapter, Folder.Path);
        using var again = OneLayer.Linear(6, 5);
        using var loaded = AdapterFolder.Load(Folder.Path, again);

        Assert.Equal([1f, 2, 3, 4], State(loaded).data<float>().ToArray());
        Assert.True(before.equal(again.Evaluate(x)).all().item<bool>());
    }

    [Fact]
    public void More_chosen_than_there_are_is_refused()
    {
        using var model = OneLayer.Linear(6, 5);

        Assert.Equal("Option 'top_k' of method 'smora' is 9, but there are 8 ranks.",
            model.Refusal("smora", """{"rank": 8, "top_k": 9}"""));
    }

    private static Tensor State(Adapter adapter) =>
        adapter.Kept.Single(kept => kept.Name == "base_model.model.lin.router.d").Tensor;
}
