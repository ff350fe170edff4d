using Xunit;

namespace Adapters.Tests.Methods.Scaling;

public sealed class Ia3Tests : TorchTest
{
    [Fact]
    public void Scales_outputs_and_the_bias_with_them()
    {
        using var model = OneLayer.Linear(4, 3);
        using var adapter = model.Attach("ia3");
        var scale = OneLayer.Trained(adapter, "ia3_l");

        Assert.Equal([3L, 1], scale.shape);
        OneLayer.AssertComputes(adapter, scale * model.Layer.Weight, scale.flatten() * model.Layer.Bias!);
    }

    [Fact]
    public void Scales_inputs_of_feed_forward_layers_and_leaves_the_bias()
    {
        using var model = OneLayer.Linear(4, 3);
        using var adapter = model.Attach("ia3", """{"feedforward_modules": ["lin"]}""");
        var scale = OneLayer.Trained(adapter, "ia3_l");

        Assert.Equal([1L, 4], scale.shape);
        OneLayer.AssertComputes(adapter, scale * model.Layer.Weight, model.Layer.Bias);
    }

    [Theory]
    [InlineData("[]", 3)]
    [InlineData("""["lin"]""", 2)]
    public void Scales_the_channels_of_a_convolution(string feedForward, int channels)
    {
        using var model = OneLayer.Convolution(2, 3);
        using var adapter = model.Attach("ia3", $$"""{"feedforward_modules": {{feedForward}}}""");
        var scale = OneLayer.Trained(adapter, "ia3_l");

        Assert.Equal([1L, channels, 1, 1], scale.shape);
        var weight = model.Layer.Weight * (channels == 3 ? scale.transpose(0, 1) : scale);
        OneLayer.AssertComputes(adapter, weight.flatten(1), channels == 3 ? scale.flatten() * model.Layer.Bias! : model.Layer.Bias);
    }

    [Fact]
    public void Feed_forward_layers_are_told_apart_by_dotted_ends()
    {
        using var model = TinyBase.TiedLlama.Load();

        using var adapter = TinyBase.Attach("ia3", model, """
            {"target_modules": ["k_proj", "down_proj"], "feedforward_modules": ["down_proj"]}
            """);

        Assert.Equal([16L, 1], adapter.Sites["model.layers.1.self_attn.k_proj"].parameters().Single().shape);
        Assert.Equal([1L, 64], adapter.Sites["model.layers.1.mlp.down_proj"].parameters().Single().shape);
        Assert.Equal("""["down_proj"]""", adapter.Config["feedforward_modules"]!.ToJsonString());
    }

    [Fact]
    public void Refuses_a_feed_forward_layer_that_is_no_target_with_the_nearest_name()
    {
        using var model = TinyBase.Llama.Load();

        var refused = Assert.Throws<Adapters.Methods.AdapterException>(() =>
            TinyBase.Attach("ia3", model, """{"target_modules": ["k_proj", "down_proj"], "feedforward_modules": ["down_prj"]}"""));

        Assert.Contains("names 'down_prj', but no target layer is called that. Did you mean 'down_proj'?", refused.Message,
            StringComparison.Ordinal);
    }
}
