using Adapters.Mechanisms;
using Adapters.Models.Causal;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Dense;

public sealed class HiraTests : TorchTest
{
    [Fact]
    public void Factors_of_ones_add_r_times_the_weight()
    {
        using var model = TinyBase.Llama.Load();
        using var adapter = TinyBase.Attach("hira", model, """{"rank": 3}""");
        var site = (DenseDelta)adapter.Sites["model.layers.0.self_attn.q_proj"];
        using (no_grad())
            foreach (var part in Parts.Of(site).Values)
                part.fill_(1);

        TensorAssert.Close(3 * site.Site.Weight, site.Delta(), 1e-6);
    }

    [Fact]
    public void An_embedding_computes_the_rows_of_its_tokens_as_its_merged_table_has_them()
    {
        using var model = (CausalModel)TinyBase.Llama.Load();
        using var adapter = TinyBase.Attach("hira", model, """{"rank": 4, "target_modules": ["embed_tokens"]}""");
        TinyBase.Perturb(adapter);
        var (name, site) = Assert.Single(adapter.Sites);
        var tokens = arange(0, 6).reshape(2, 3);

        var beside = model.Sites[name].call(tokens);
        var table = site.Site.Weight + ((DenseDelta)site).Delta().t();

        Assert.Equal(["hira_embedding_A", "hira_embedding_B"], Parts.Of(site).Keys.Order());
        TensorAssert.Close(table[tokens], beside, 1e-6);
    }

    [Fact]
    public void A_convolution_saves_its_factors_as_convolutions()
    {
        using var model = TinyBase.Sam.Load();
        using var adapter = TinyBase.Attach("hira", model, """{"rank": 4, "target_modules": ["neck.conv2"]}""");
        TinyBase.Perturb(adapter);
        var before = TinyBase.Evaluate(model);
        var parts = Parts.Of(adapter.Sites.Values.Single());

        adapter.Merge();

        Assert.Equal(new long[] { 3, 3 }, parts["hira_A"].shape[2..]);
        Assert.Equal(new long[] { 1, 1 }, parts["hira_B"].shape[2..]);
        TensorAssert.Close(before, TinyBase.Evaluate(model));
    }
}
