using Adapters.Methods.Blocks;
using Adapters.Models.Sam;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Blocks;

public sealed class SamAdapterTests : TorchTest
{
    [Fact]
    public void High_frequencies_are_what_the_middle_of_the_spectrum_leaves()
    {
        var x = arange(8, dtype: float32).expand(8, 8);
        var (slow, fast) = ((x * (2 * Math.PI / 8)).cos(), (x * (2 * Math.PI * 3 / 8)).cos());

        // A quarter of 8×8 is 4×4: frequencies from -2 to 1.
        TensorAssert.Close(zeros(8, 8), SamAdapter.HighFrequencies(slow + 5, 0.25));
        TensorAssert.Close(fast.abs(), SamAdapter.HighFrequencies(fast + slow + 5, 0.25));
        TensorAssert.Close((fast + slow + 5).abs(), SamAdapter.HighFrequencies(fast + slow + 5, 0));
        TensorAssert.Close(zeros(8, 8), SamAdapter.HighFrequencies(fast + slow + 5, 1));
    }

    [Fact]
    public void Each_block_sees_its_own_prompt_added()
    {
        using var model = TinyBase.Sam.Load();
        using var adapter = TinyBase.Attach("sam-adapter", model, """{"width": 3}""");
        TinyBase.Perturb(adapter);
        var pixels = arange(3 * 64 * 64, dtype: float32).mul(0.7).sin().view(1, 3, 64, 64);
        model.eval();
        using var frozen = no_grad();
        var states = ((SamModel)model).HiddenStates(pixels);
        var values = adapter.Trainable.ToDictionary(
            pair => pair.Name.Replace("base_model.", "").Replace("model.", ""), pair => (Tensor)pair.Parameter.clone());
        var patch = model.PatchEmbedding!;
        var high = patch.Apply(SamAdapter.HighFrequencies(pixels, 0.25),
            patch.Shape(values["prompt_generator.weight"]), values["prompt_generator.bias"]);
        var features = high.permute(0, 2, 3, 1) + Linear("embedding_generator", patch.call(pixels).permute(0, 2, 3, 1));
        adapter.Dispose();

        for (var block = 0; block < model.Blocks.Count; block++)
        {
            var prompt = Linear("shared_mlp", nn.functional.gelu(Linear($"vision_encoder.layers.{block}.lightweight_mlp", features)));
            var bare = model.named_modules().Single(each => each.name == $"vision_encoder.layers.{block}").module;
            TensorAssert.Close(states[block + 1], ((nn.Module<Tensor, Tensor>)bare).call(states[block] + prompt), 1e-5);
        }

        Tensor Linear(string name, Tensor x) => nn.functional.linear(x, values[$"{name}.weight"], values[$"{name}.bias"]);
    }

    [Theory]
    [InlineData("vit/base")]
    [InlineData("sam/window-global")]
    public void Started_from_zero_it_is_the_base(string on)
    {
        using var model = TinyBase.All[on].Load();
        var bare = TinyBase.Evaluate(model);

        using var adapter = TinyBase.Attach("sam-adapter", model, """{"zero_start": true}""");

        Assert.True(TinyBase.Evaluate(model).equal(bare).all().item<bool>());
    }
}
