using Adapters.Methods;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.LowRank;

public sealed class LoraBiasTests : TorchTest
{
    [Theory]
    [InlineData("kaiming")]
    [InlineData("pissa")]
    public void Its_bias_is_scaled_and_merged_into_that_of_the_layer(string init)
    {
        using var model = new OneLayer(eye(2), hasBias: true);
        using var adapter = TinyBase.Attach("lora", model, $$"""{"rank": 1, "alpha": 3, "lora_bias": true, "init": "{{init}}"}""");
        OneLayer.Set(adapter, "lora_B.bias", 1, -2);

        var beside = model.Layer.call(zeros(1, 2));
        adapter.Merge();

        TensorAssert.Close(OneLayer.Matrix(1, 3, -6), beside, 1e-6);
        TensorAssert.Close(tensor([3f, -6f]), model.Layer.Bias!, 1e-6);
    }

    [Fact]
    public void It_counts_and_starts_as_the_base_and_does_not_merge_into_a_layer_without_one()
    {
        using var model = TinyBase.TiedLlama.Load(); // no biases; q maps 32 to 32 features, v 32 to 16
        var bare = TinyBase.Evaluate(model);

        using var adapter = TinyBase.Attach("lora", model, """{"lora_bias": true}""");

        var formula = MethodCatalogue.Find("lora").ParametersPerLayer;
        Assert.All(adapter.Sites.Values, site => Assert.Equal(
            CountFormula.Compute(formula, new Dictionary<string, double>(CountFormula.ValuesOf(adapter))
            {
                ["in"] = site.Site.Inputs,
                ["out"] = site.Site.Outputs,
            }),
            site.parameters().Sum(parameter => parameter.numel())));
        Assert.Equal(2 * (8 * 64 + 32 + 8 * 48 + 16), adapter.TrainableParameters);
        Assert.True(bare.equal(TinyBase.Evaluate(model)).all().item<bool>());
        Assert.Equal("An update with a bias of its own cannot be merged into a layer that has none.", adapter.MergeObstacle);
    }

    [Fact]
    public void An_embedding_takes_none()
    {
        using var model = TinyBase.Llama.Load();

        var refused = Assert.Throws<AdapterException>(
            () => TinyBase.Attach("lora", model, """{"lora_bias": true, "target_modules": ["embed_tokens"]}"""));

        Assert.Equal("Option 'lora_bias' of method 'lora' is true, but must be false for model.embed_tokens: it is an embedding, to which "
            + "no bias is added.", refused.Message);
    }
}
