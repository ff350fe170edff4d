using Adapters.Mechanisms;
using Adapters.Methods;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Dense;

public sealed class LohaTests : TorchTest
{
    [Fact]
    public void The_update_is_the_product_entry_by_entry_of_two_matrices_of_rank_r()
    {
        using var model = TinyBase.Llama.Load();
        using var adapter = TinyBase.Attach("loha", model, """{"rank": 2, "alpha": 6, "target_modules": ["layers.0.self_attn.q_proj"]}""");
        TinyBase.Perturb(adapter);
        var site = (DenseDelta)Assert.Single(adapter.Sites.Values);
        var parts = Parts.Of(site);

        var expected = 3 * parts["hada_w1_a"].matmul(parts["hada_w1_b"]) * parts["hada_w2_a"].matmul(parts["hada_w2_b"]);

        TensorAssert.Close(expected, site.Delta(), 1e-6);
    }

    [Fact]
    public void A_convolution_has_flat_factors_or_a_core_with_factors_for_channels()
    {
        using var model = TinyBase.Sam.Load();
        const string Neck = "\"target_modules\": [\"neck.conv2\"]"; // 3×3

        using (var flat = TinyBase.Attach("loha", model, $$"""{"rank": 2, {{Neck}}}"""))
        {
            var site = Assert.Single(flat.Sites.Values);
            Assert.Equal(new[] { 2, site.Site.Inputs }, Parts.Of(site)["hada_w1_b"].shape);
        }

        using var effective = TinyBase.Attach("loha", model, $$"""{"rank": 2, "effective_conv2d": true, {{Neck}}}""");
        TinyBase.Perturb(effective);
        var cored = (DenseDelta)effective.Sites.Values.Single();
        var parts = Parts.Of(cored);
        var (o, c, y, x) = (3, 2, 1, 2);
        var expected = Half(1) * Half(2) * 4;

        Assert.Equal(new long[] { 2, 2, 3, 3 }, parts["hada_t1"].shape);
        Assert.Equal(expected, cored.Site.Shape(cored.Delta())[o, c, y, x].item<float>(), 1e-6);

        double Half(int place)
        {
            var (t, a, b) = (parts[$"hada_t{place}"], parts[$"hada_w{place}_a"], parts[$"hada_w{place}_b"]);
            var sum = 0.0;
            for (var i = 0; i < 2; i++)
                for (var j = 0; j < 2; j++)
                    sum += t[i, j, y, x].item<float>() * a[i, o].item<float>() * b[j, c].item<float>();
            return sum;
        }
    }

    [Fact]
    public void Dropout_leaves_out_outputs_and_makes_up_for_them_or_leaves_out_the_whole()
    {
        manual_seed(1);
        var delta = ones(1000, 2);

        var thinned = new DeltaDropout(0.25, Rescales: true, Whole: 0).Thin(delta);
        var plain = new DeltaDropout(0.25, Rescales: false, Whole: 0).Thin(delta);
        var left = Enumerable.Range(0, 1000).Count(_ => new DeltaDropout(0, false, Whole: 0.25).Thin(ones(1, 1)).item<float>() == 1);

        TensorAssert.Close(thinned[TensorIndex.Colon, 0], thinned[TensorIndex.Colon, 1]); // whole rows
        Assert.Equal(1, thinned.mean().item<float>(), 1e-5);
        Assert.InRange(plain.mean().item<float>(), 0.7, 0.8);
        Assert.InRange(left, 700, 800);
        Assert.Equal(0, new DeltaDropout(0.999999, Rescales: true, 0).Thin(ones(2, 2)).sum().item<float>()); // not 0 / 0
    }

    [Fact]
    public void Ranks_and_scales_may_differ_by_layer()
    {
        using var model = TinyBase.Llama.Load();

        using var adapter = TinyBase.Attach("loha", model, """{"rank": 2, "rank_pattern": ["layers.1.*=5"]}""");

        Assert.Equal(2, Parts.Of(adapter.Sites["model.layers.0.self_attn.q_proj"])["hada_w1_b"].shape[0]);
        Assert.Equal(5, Parts.Of(adapter.Sites["model.layers.1.self_attn.q_proj"])["hada_w1_b"].shape[0]);
        Assert.Equal(5, adapter.Config["rank_pattern"]!["layers.1.*"]!.GetValue<int>());
    }

    [Fact]
    public void An_embedding_is_refused()
    {
        using var model = TinyBase.Llama.Load();

        var refused = Assert.Throws<AdapterException>(() =>
            TinyBase.Attach("loha", model, """{"target_modules": ["embed_tokens"]}"""));

        Assert.Equal("Method 'loha' cannot adapt model.embed_tokens: it is an embedding.", refused.Message);
    }
}
