using Adapters.Checkpoints;
using Adapters.Mechanisms;
using Adapters.Methods;
using Adapters.Models;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods;

public sealed class SeveralAdaptersTests : TorchTest
{
    private const string Wide = """{"target_modules": ["q_proj", "down_proj"], "rank": 4}""";
    private readonly BaseModel _model = TinyBase.Llama.Load();

    public override void Dispose()
    {
        _model.Dispose();
        base.Dispose();
    }

    [Fact]
    public void Two_updates_add_up()
    {
        using var first = Trained("lora", 1);
        using var second = Trained("lora", 2, Wide);
        var together = TinyBase.Evaluate(_model);
        using var summed = TinyBase.Llama.Load();
        using (no_grad())
            foreach (var delta in first.Sites.Concat(second.Sites))
                summed.Sites[delta.Key].Weight.add_(((ParallelAdapter)delta.Value).Delta());

        TensorAssert.Close(TinyBase.Evaluate(summed), together);
        Assert.Equal([first, second], _model.Adapters);
    }

    [Fact]
    public void Each_is_switched_for_itself_to_the_last_bit()
    {
        var bare = TinyBase.Evaluate(_model);
        using var first = Trained("lora", 1);
        var alone = TinyBase.Evaluate(_model);
        using var second = Trained("lora", 2, Wide);
        var both = TinyBase.Evaluate(_model);

        second.IsActive = false;
        Assert.True(Same(alone, TinyBase.Evaluate(_model)));
        first.IsActive = false;
        Assert.True(Same(bare, TinyBase.Evaluate(_model)));
        (first.IsActive, second.IsActive) = (true, true);
        Assert.True(Same(both, TinyBase.Evaluate(_model)));
    }

    [Fact]
    public void What_computes_with_the_weight_is_folded_in_anew_from_the_bases()
    {
        using var model = OneLayer.Linear(8, 6);
        var x = arange(24, dtype: float32).mul(0.7).sin().view(3, 8);
        using var adapter = model.Attach("hira", """{"rank": 2}""");
        adapter.Weight = 0.5;
        var half = model.Evaluate(x);
        adapter.Weight = 1;

        adapter.Merge();
        adapter.Weight = 0.5;

        TensorAssert.Close(half, model.Evaluate(x));
    }

    [Fact]
    public void Taken_off_in_any_order_they_leave_the_others_and_then_the_base()
    {
        var bare = TinyBase.Evaluate(_model);
        var first = Trained("dora", 1);
        var second = Trained("lora", 2, Wide);
        first.IsActive = false;
        var alone = TinyBase.Evaluate(_model);
        first.IsActive = true;

        first.Dispose();
        Assert.True(Same(alone, TinyBase.Evaluate(_model)));
        Assert.All(second.Sites.Values.SelectMany(site => site.parameters()), own => Assert.True(own.requires_grad));
        second.Dispose();
        Assert.True(Same(bare, TinyBase.Evaluate(_model)));
        Assert.Empty(_model.Adapters);
    }

    [Theory]
    [InlineData("lora")]
    [InlineData("dora")]
    [InlineData("oft")]
    [InlineData("ia3")]
    [InlineData("loha")]
    public void A_weight_of_one_is_the_adapter_and_of_zero_the_base_to_the_last_bit_and_between_it_merges(string method)
    {
        var bare = TinyBase.Evaluate(_model);
        using var adapter = Trained(method, 1);
        var whole = TinyBase.Evaluate(_model);

        adapter.Weight = 0;
        Assert.True(Same(bare, TinyBase.Evaluate(_model)));
        adapter.Weight = -0.5;
        var weighted = TinyBase.Evaluate(_model);
        adapter.Merge();
        TensorAssert.Close(weighted, TinyBase.Evaluate(_model));
        adapter.Weight = 1; // folded in anew
        TensorAssert.Close(whole, TinyBase.Evaluate(_model));
        adapter.Unmerge();
        Assert.True(Same(whole, TinyBase.Evaluate(_model)));
    }

    [Fact]
    public void Half_of_an_update_is_the_update_at_half_its_scale()
    {
        using var adapter = Trained("lora", 1, """{"alpha": 16}""");
        adapter.Weight = 0.5;
        var half = TinyBase.Evaluate(_model);
        using var other = TinyBase.Llama.Load();
        using var scaled = TinyBase.Attach("lora", other, """{"alpha": 8}""", new AttachContext { Seed = 1 });
        TinyBase.Perturb(scaled, 1, deviation: 0.03);

        TensorAssert.Close(TinyBase.Evaluate(other), half);
    }

    [Fact]
    public void Updates_merge_and_unmerge_in_any_order_with_the_same_bits()
    {
        using var first = Trained("lora", 1);
        using var second = Trained("loha", 2);
        using var third = Trained("lora", 3, Wide);
        var beside = TinyBase.Evaluate(_model);

        third.Merge();
        first.Merge();
        TensorAssert.Close(beside, TinyBase.Evaluate(_model));
        second.Merge();
        var merged = TinyBase.Evaluate(_model);
        third.Unmerge();
        TensorAssert.Close(beside, TinyBase.Evaluate(_model));
        third.Merge();
        Assert.True(Same(merged, TinyBase.Evaluate(_model)));
        foreach (var adapter in new[] { first, third, second })
            adapter.Unmerge();

        Assert.True(Same(beside, TinyBase.Evaluate(_model)));
    }

    [Fact]
    public void What_does_more_than_add_goes_into_the_weights_first_and_comes_out_last()
    {
        using var rotation = Trained("oft", 1);
        using var update = Trained("lora", 2);
        var beside = TinyBase.Evaluate(_model);

        Assert.EndsWith("merge that one first.", Assert.Throws<AdapterException>(update.Merge).Message, StringComparison.Ordinal);
        rotation.Merge();
        update.Merge();
        TensorAssert.Close(beside, TinyBase.Evaluate(_model));
        Assert.EndsWith("unmerge that one first.", Assert.Throws<AdapterException>(rotation.Unmerge).Message, StringComparison.Ordinal);
        update.Unmerge();
        rotation.Unmerge();
        Assert.True(Same(beside, TinyBase.Evaluate(_model)));
    }

    [Fact]
    public void What_computes_with_the_weights_themselves_is_attached_before_others()
    {
        using var update = Trained("lora", 1);

        var refused = Assert.Throws<AdapterException>(() => TinyBase.Attach("dora", _model));

        Assert.Equal("Method 'dora' computes with the weights of model.layers.0.self_attn.q_proj itself, so it must be attached before the "
            + "adapters that the layer carries.", refused.Message);
        Assert.Equal([update], _model.Adapters);
    }

    [Fact]
    public void Nothing_is_attached_to_merged_weights()
    {
        using var first = Trained("lora", 1);
        first.Merge();

        var refused = Assert.Throws<AdapterException>(() => TinyBase.Attach("lora", _model));
        first.Unmerge();
        using var second = TinyBase.Attach("lora", _model);

        Assert.Equal("The lora adapter that the model carries is merged into its weights: unmerge it before another is attached.",
            refused.Message);
    }

    [Fact]
    public void Each_has_its_own_values_for_a_head_of_which_one_is_switched_on()
    {
        using var model = TinyBase.Vit.Load();
        var context = new AttachContext { Head = TinyBase.HeadOf(model) };
        var bare = TinyBase.Evaluate(model);
        using var first = TinyBase.Attach("lora", model, context: context);
        TinyBase.Perturb(first, 1);
        var one = TinyBase.Evaluate(model);

        var claimed = Assert.Throws<AdapterException>(() => TinyBase.Attach("lora", model, context: context));
        first.IsActive = false;
        Assert.True(Same(bare, TinyBase.Evaluate(model)));
        using var second = TinyBase.Attach("lora", model, context: context);
        Assert.True(Same(bare, TinyBase.Evaluate(model)));
        TinyBase.Perturb(second, 2);
        var two = TinyBase.Evaluate(model);
        var both = Assert.Throws<AdapterException>(() => first.IsActive = true);
        AdapterFolder.Save(first, Folder.File("first"));
        (second.IsActive, first.IsActive) = (false, true);
        Assert.True(Same(one, TinyBase.Evaluate(model)));
        (first.IsActive, second.IsActive) = (false, true);
        Assert.True(Same(two, TinyBase.Evaluate(model)));

        second.Merge(); // the head of the other is no layer that this goes into
        TensorAssert.Close(two, TinyBase.Evaluate(model));
        second.IsActive = false;
        Assert.True(Same(bare, TinyBase.Evaluate(model)));

        using var other = TinyBase.Vit.Load();
        using var loaded = AdapterFolder.Load(Folder.File("first"), other);
        Assert.True(Same(one, TinyBase.Evaluate(other)));
        Assert.EndsWith("that the model carries has a value of its own for: switch that one off first.", claimed.Message,
            StringComparison.Ordinal);
        Assert.EndsWith("both have a value of their own for 'classifier.weight' of the base.", both.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parameters_of_the_base_are_whole_or_not_and_are_given_back()
    {
        var bare = TinyBase.Evaluate(_model);
        using (var full = Trained("full", 1))
            Assert.StartsWith("The full adapter cannot have the weight 0.5: it trains '",
                Assert.Throws<AdapterException>(() => full.Weight = 0.5).Message, StringComparison.Ordinal);
        Assert.True(Same(bare, TinyBase.Evaluate(_model)));

        using var unkept = TinyBase.Attach("full", _model, context: new AttachContext { KeepsBase = false });
        Assert.EndsWith("Attach it with KeepsBase.", Assert.Throws<AdapterException>(() => unkept.IsActive = false).Message,
            StringComparison.Ordinal);
        Assert.EndsWith("attach that one with KeepsBase to put others beside it.",
            Assert.Throws<AdapterException>(() => TinyBase.Attach("lora", _model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bias_that_is_trained_and_merged_into_waits_to_be_switched()
    {
        using var model = TinyBase.Qwen.Load();
        var bare = TinyBase.Evaluate(model);
        using var first = TinyBase.Attach("lora", model, """{"bias": "lora_only"}""");
        TinyBase.Perturb(first, 1, deviation: 0.03);
        var trained = TinyBase.Evaluate(model);
        using var second = TinyBase.Attach("lora", model);

        Assert.Contains(" adapter beside it trains 'model.layers.", Assert.Throws<AdapterException>(second.Merge).Message,
            StringComparison.Ordinal);
        first.Merge();
        Assert.EndsWith("unmerge it before it is switched on or off.",
            Assert.Throws<AdapterException>(() => first.IsActive = false).Message, StringComparison.Ordinal);
        first.Unmerge();
        Assert.True(Same(trained, TinyBase.Evaluate(model)));
        first.IsActive = false;
        Assert.True(Same(bare, TinyBase.Evaluate(model)));
    }

    [Fact]
    public void What_changes_the_model_as_a_whole_stands_alone_and_is_switched_with_it()
    {
        var context = new AttachContext { TargetLength = 48 };
        using var sparse = TinyBase.Attach("longlora", _model, """{"train_norms": false, "train_embeddings": false}""", context);
        Assert.StartsWith("The model carries a longlora adapter, beside which no lora adapter can be attached",
            Assert.Throws<AdapterException>(() => TinyBase.Attach("lora", _model)).Message, StringComparison.Ordinal);

        var attention = ((Adapters.Models.Causal.CausalModel)_model).TrainingAttention;
        sparse.IsActive = false;
        Assert.Null(((Adapters.Models.Causal.CausalModel)_model).TrainingAttention);
        sparse.IsActive = true;
        Assert.Same(attention, ((Adapters.Models.Causal.CausalModel)_model).TrainingAttention);
    }

    [Theory]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.PositiveInfinity, "Infinity")]
    public void A_weight_is_finite(double weight, string shown)
    {
        using var adapter = Trained("lora", 1);

        var refused = Assert.Throws<AdapterException>(() => adapter.Weight = weight);

        Assert.Equal($"The weight of a lora adapter is {shown}, but must be a finite number.", refused.Message);
    }

    [Fact]
    public void A_saved_adapter_is_the_bases_whatever_else_the_base_carries()
    {
        using (var other = TinyBase.Llama.Load())
            TinyBase.Expert(other, Folder.File("saved"), 3);
        using var first = Trained("lora", 1, """{"modules_to_save": ["model.norm"]}""");

        using var second = AdapterFolder.Load(Folder.File("saved"), _model);

        Assert.Equal([first, second], _model.Adapters);
    }

    private Adapter Trained(string method, ulong seed, string options = "{}")
    {
        var adapter = TinyBase.Attach(method, _model, options, new AttachContext { Seed = seed });
        TinyBase.Perturb(adapter, seed, deviation: 0.03);
        return adapter;
    }

    private static bool Same(Tensor left, Tensor right) => left.equal(right).all().item<bool>();
}
