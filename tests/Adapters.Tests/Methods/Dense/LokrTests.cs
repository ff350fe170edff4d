using Adapters.Mechanisms;
using Adapters.Methods.Dense;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Dense;

public sealed class LokrTests : TorchTest
{
    [Theory]
    [InlineData(256, -1, 16, 16)]
    [InlineData(128, -1, 8, 16)]
    [InlineData(127, -1, 1, 127)]
    [InlineData(12, 2, 2, 6)]
    [InlineData(6, 3, 3, 2)] // as wished, though the larger comes first
    [InlineData(12, 5, 3, 4)] // does not divide, and so is a limit
    [InlineData(256, 10, 8, 32)]
    [InlineData(12, 0, 1, 12)]
    public void A_dimension_is_split_as_wished_or_next_to_its_root(long dimension, long wished, long small, long large) =>
        Assert.Equal((small, large), Lokr.Split(dimension, wished));

    [Theory]
    [InlineData("""{"rank": 8}""", "lokr_w1 lokr_w2")]
    [InlineData("""{"rank": 3}""", "lokr_w1 lokr_w2_a lokr_w2_b")] // 3 < 8 / 2
    [InlineData("""{"rank": 4}""", "lokr_w1 lokr_w2")]
    [InlineData("""{"rank": 1, "decompose_both": true}""", "lokr_w1_a lokr_w1_b lokr_w2_a lokr_w2_b")]
    [InlineData("""{"rank": 2, "decompose_both": true}""", "lokr_w1 lokr_w2_a lokr_w2_b")] // 2 = 4 / 2
    public void The_update_is_a_kronecker_product_of_what_is_smaller(string options, string names)
    {
        using var model = TinyBase.Llama.Load(); // q maps 32 to 32 features: 4·8
        using var adapter = TinyBase.Attach("lokr", model, options);
        TinyBase.Perturb(adapter);
        var dense = (DenseDelta)adapter.Sites["model.layers.0.self_attn.q_proj"];
        var parts = Parts.Of(dense);
        var (left, right) = (Factor("lokr_w1"), Factor("lokr_w2"));
        var scale = 8.0 / adapter.Config["r"]!.GetValue<int>();

        var delta = dense.Delta();

        Assert.Equal(names, string.Join(' ', parts.Keys.Order()));
        Assert.Equal(scale * left[1, 2].item<float>() * right[3, 5].item<float>(), delta[1 * 8 + 3, 2 * 8 + 5].item<float>(), 1e-6);
        Assert.Equal(scale * left[3, 0].item<float>() * right[7, 1].item<float>(), delta[3 * 8 + 7, 1].item<float>(), 1e-6);

        Tensor Factor(string name) => parts.TryGetValue(name, out var whole) ? whole : parts[$"{name}_a"].matmul(parts[$"{name}_b"]);
    }

    [Theory]
    [InlineData("""{"rank": 1, "effective_conv2d": true}""", "lokr_t2 lokr_w1 lokr_w2_a lokr_w2_b")]
    [InlineData("""{"rank": 1}""", "lokr_w1 lokr_w2_a lokr_w2_b")]
    [InlineData("""{"rank": 64}""", "lokr_w1 lokr_w2")]
    public void A_convolution_is_adapted_channel_by_channel_with_its_pixels_in_the_larger_factor(string options, string names)
    {
        using var model = TinyBase.Sam.Load();
        options = options.Replace("}", """, "target_modules": ["neck.conv2"]}""", StringComparison.Ordinal);
        using var adapter = TinyBase.Attach("lokr", model, options);
        TinyBase.Perturb(adapter);
        var dense = (DenseDelta)adapter.Sites.Values.Single();
        var parts = Parts.Of(dense);
        var ((_, k), (_, n)) = (Lokr.Split(dense.Site.Outputs, -1), Lokr.Split(dense.Site.Weight.shape[1], -1));
        var right = parts.TryGetValue("lokr_w2", out var whole) ? whole
            : parts.TryGetValue("lokr_t2", out var core)
                ? einsum("ijyx,io,jc->ocyx", core, parts["lokr_w2_a"], parts["lokr_w2_b"])
                : parts["lokr_w2_a"].matmul(parts["lokr_w2_b"]).reshape(k, n, 3, 3);

        var kernel = dense.Site.Shape(dense.Delta());

        Assert.Equal(names, string.Join(' ', parts.Keys.Order()));
        var scale = 8.0 / adapter.Config["r"]!.GetValue<int>();
        TensorAssert.Close(scale * parts["lokr_w1"][1, 0] * right, kernel.narrow(0, k, k).narrow(1, 0, n), 1e-6);
    }

    [Theory]
    [InlineData("left", "lokr_w1")]
    [InlineData("lycoris", "lokr_w2_b")]
    public void One_factor_starts_at_zero(string init, string zero)
    {
        using var model = TinyBase.Llama.Load();
        using var adapter = TinyBase.Attach("lokr", model, $$"""{"rank": 2, "init": "{{init}}"}""");

        var zeros = Parts.Of(adapter.Sites["model.layers.0.self_attn.q_proj"]).Where(pair => pair.Value.count_nonzero().item<long>() == 0);

        Assert.Equal([zero], zeros.Select(pair => pair.Key));
    }
}
