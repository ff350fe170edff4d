using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Weights;

public sealed class GloraTests : TorchTest
{
    [Theory]
    [InlineData("lora", "lora", "constant")]
    [InlineData("vector", "vector", "vector")]
    [InlineData("constant", "none", "none")]
    [InlineData("none", "vector", "constant")]
    [InlineData("none", "none", "vector")]
    public void It_computes_with_scaled_and_shifted_weight_and_bias(string ab, string c, string de)
    {
        using var model = OneLayer.Linear(6, 5);
        using var adapter = model.Attach("glora",
            $$"""{"rank": 2, "config_ab": "{{ab}}", "config_c": "{{c}}", "config_de": "{{de}}"}""");
        var (weight, bias) = (model.Layer.Weight, model.Layer.Bias!);

        OneLayer.AssertComputes(adapter, weight * (1 + Value("A", ab)) + Value("B", ab),
            bias * (1 + Value("D", de)) + Value("E", de) + (c == "none" ? 0 : weight.matmul(Value("C", c)).flatten()));

        Tensor Value(string part, string form) => form switch
        {
            "none" => zeros(1),
            "lora" => OneLayer.Trained(adapter, $"glora_{part}.Xd").matmul(OneLayer.Trained(adapter, $"glora_{part}.Xu")),
            _ => OneLayer.Trained(adapter, $"glora_{part}.X"),
        };
    }

    [Fact]
    public void Numbers_for_outputs_are_columns_for_the_weight_and_plain_for_the_bias()
    {
        using var model = OneLayer.Linear(6, 5);
        using var adapter = model.Attach("glora", """{"config_ab": "vector", "config_c": "vector", "config_de": "vector"}""");

        Assert.Equal(
            ["glora_A.X 5,1", "glora_B.X 5,1", "glora_C.X 6,1", "glora_D.X 5", "glora_E.X 5"],
            adapter.Trainable.Select(pair => $"{pair.Name["base_model.model.lin.".Length..]} {string.Join(',', pair.Parameter.shape)}"));
    }

    [Fact]
    public void A_layer_without_bias_has_nothing_of_it_trained()
    {
        using var model = OneLayer.Linear(6, 5, hasBias: false);
        using (var adapter = model.Attach("glora", """{"rank": 2}"""))
            Assert.Equal(2 * 2 * (6 + 5), adapter.TrainableParameters);

        Assert.Contains("lin has no bias, so nothing would be trained", model.Refusal("glora", """{"config_ab": "none"}"""),
            StringComparison.Ordinal);
    }
}
