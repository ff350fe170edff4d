using Adapters.Methods.LowRank;
using Adapters.Models;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.LowRank;

public sealed class TinyloraTests : TorchTest
{
    [Fact]
    public void Pefts_seed_and_the_weight_give_what_peft_freezes()
    {
        var tensors = OneLayer.Case("tinylora", "b");
        using var model = new OneLayer(tensors["base.lin.weight"]);

        using var adapter = TinyBase.Attach("tinylora", model, """{"rank": 4}""");

        var delta = OneLayer.Kept(adapter, "tinylora_B").matmul(OneLayer.Kept(adapter, "tinylora_A"));
        TensorAssert.Close(tensors["in.lin.tinylora_B"].matmul(tensors["in.lin.tinylora_A"]), delta, 1e-4);
        TensorAssert.Close( // the signs are the processor's
            tensors["in.lin.tinylora_A"].abs(), OneLayer.Kept(adapter, "tinylora_A").abs(), 1e-4);
        TensorAssert.Close(tensors["in.lin.tinylora_P"], OneLayer.Kept(adapter, "tinylora_P"), 1e-6);
    }

    [Theory]
    [InlineData(4, 0.0, new[] { 0, 1, 2, 3 })]
    [InlineData(4, 1.0, new[] { 0, 0, 0, 0 })]
    [InlineData(5, 0.5, new[] { 0, 0, 1, 1, 1 })] // 2.5 rounds to 2
    [InlineData(4, 0.25, new[] { 0, 1, 2, 2 })]
    public void Layers_share_in_runs(int layers, double tying, int[] groups) =>
        Assert.Equal(groups, Enumerable.Range(0, layers).Select(index => Tinylora.GroupOf(index, layers, tying)));

    [Fact]
    public void Fully_tied_one_vector_is_all_that_is_trained()
    {
        using var model = TinyBase.Llama.Load();

        using var adapter = TinyBase.Attach("tinylora", model, """{"weight_tying": 1, "vector_size": 13}""");

        Assert.Equal(("base_model.tinylora_v.0", 13L), (Assert.Single(adapter.Trainable).Name, adapter.TrainableParameters));
    }

    [Fact]
    public void An_embedding_gets_rows_of_its_own_decomposition()
    {
        using var site = new EmbeddingSite(5, 3, padding: null);
        using (no_grad())
            site.Weight.copy_(linspace(0, 9, 15).sin().reshape(5, 3));
        using var model = new OneLayer(site);
        using var adapter = TinyBase.Attach("tinylora", model, """{"rank": 2, "vector_size": 3}""");
        var v = OneLayer.Set(adapter, "tinylora_v.0", 1, -2, 0.5f);
        var (a, b, p) = (OneLayer.Kept(adapter, "tinylora_A"), OneLayer.Kept(adapter, "tinylora_B"), OneLayer.Kept(adapter, "tinylora_P"));
        var tokens = tensor([4L, 0L, 4L]).view(1, 3);

        var adapted = site.call(tokens);
        var expected = (site.Weight + b.matmul((v.view(3, 1, 1) * p).sum(dim: 0)).matmul(a))[tokens];
        adapter.Merge();

        TensorAssert.Close(expected, adapted);
        TensorAssert.Close(expected, site.call(tokens));
    }

    [Fact]
    public void Even_starts_lie_within_their_bound_and_are_not_the_base()
    {
        using var model = TinyBase.Llama.Load();

        using var adapter = TinyBase.Attach("tinylora", model, """{"init": "uniform", "init_bound": 0.5}""");

        Assert.All(adapter.Trainable, pair => Assert.InRange(pair.Parameter.abs().max().item<float>(), 0.25, 0.5));
        Assert.Equal("uniform", (string?)adapter.Config["init_weights"]);
    }
}
