using Adapters.Methods;
using Xunit;

namespace Adapters.Tests.Methods;

public sealed class BitFitTests : TorchTest
{
    [Fact]
    public void Biases_and_the_head_are_trained_and_nothing_else()
    {
        using var model = TinyBase.Vit.Load();
        var biases = model.named_parameters().Select(pair => pair.name).Where(name => name.EndsWith(".bias", StringComparison.Ordinal));

        using var adapter = TinyBase.Attach("bitfit", model, context: new AttachContext { Head = TinyBase.HeadOf(model) });

        Assert.Equal(biases.Append("classifier.weight").Select(name => $"base_model.model.{name}").Order(StringComparer.Ordinal),
            adapter.Trainable.Select(pair => pair.Name).Order(StringComparer.Ordinal));
        Assert.Contains("base_model.model.vit.layernorm.bias", adapter.Trainable.Select(pair => pair.Name));
    }

    [Fact]
    public void Some_modules_alone_may_be_meant()
    {
        using var model = TinyBase.Qwen.Load(); // q maps to 32 features, in two layers

        using var adapter = TinyBase.Attach("bitfit", model, """{"modules": ["q_proj"]}""");

        Assert.Equal(2 * 32, adapter.TrainableParameters);
    }

    [Fact]
    public void A_base_without_biases_and_a_module_without_one_are_refused()
    {
        using var llama = TinyBase.Llama.Load();
        using var qwen = TinyBase.Qwen.Load();

        var without = Assert.Throws<AdapterException>(() => TinyBase.Attach("bitfit", llama));
        var other = Assert.Throws<AdapterException>(() => TinyBase.Attach("bitfit", qwen, """{"modules": ["o_proj"]}"""));

        Assert.Equal("Method 'bitfit' works on qwen2, sam, vit, but the base is of the family llama.", without.Message);
        Assert.StartsWith("Option 'modules' of method 'bitfit' names 'o_proj', but the qwen2 base has no such module with a bias.",
            other.Message, StringComparison.Ordinal);
    }
}
