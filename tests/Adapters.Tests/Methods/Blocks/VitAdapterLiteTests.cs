using Adapters.Methods;
using Adapters.Models.Vit;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Tests.Methods.Blocks;

public sealed class VitAdapterLiteTests : TorchTest
{
    private const string Root = "base_model.spatial_prior.";

    [Theory]
    [InlineData("vit/base")]
    [InlineData("sam/window-global")]
    public void While_gamma_is_zero_the_features_are_the_base_s_whatever_else_is_learnt(string on)
    {
        using var model = TinyBase.All[on].Load();
        var bare = TinyBase.Evaluate(model);
        using var adapter = TinyBase.Attach("vit-adapter-lite", model);
        TinyBase.Perturb(adapter);
        var perturbed = TinyBase.Evaluate(model);

        using (no_grad())
            foreach (var (name, parameter) in adapter.Trainable)
                if (name.EndsWith("gamma", StringComparison.Ordinal))
                    parameter.zero_();

        Assert.False(perturbed.equal(bare).all().item<bool>());
        Assert.True(TinyBase.Evaluate(model).equal(bare).all().item<bool>());
    }

    [Fact]
    public void Two_stages_inject_extract_and_inject_again()
    {
        using var model = (VitModel)TinyBase.Vit.Load();
        using var adapter = TinyBase.Attach("vit-adapter-lite", model, """{"stages": 2, "heads": 1, "stem_width": 2}""");
        TinyBase.Perturb(adapter);
        var pixels = arange(3 * 32 * 32, dtype: float32).mul(0.7).sin().view(1, 3, 32, 32);
        model.eval();
        using var frozen = no_grad();
        var states = model.HiddenStates(pixels);
        var values = adapter.Trainable.ToDictionary(pair => pair.Name[Root.Length..], pair => (Tensor)pair.Parameter.clone());
        var half = model.Blocks.Count / 2;
        adapter.Dispose();

        var maps = new List<Tensor>();
        var map = pixels;
        for (var i = 0; i < 5; i++)
            maps.Add(map = functional.relu(functional.conv2d(
                map, values[$"stem.{i}.weight"], values[$"stem.{i}.bias"], strides: [2, 2], padding: [1, 1])));
        var s = cat([.. Enumerable.Range(0, 3).Select(i =>
            maps[2 + i].permute(0, 2, 3, 1).flatten(1, 2).matmul(values[$"levels.{i}.weight"].flatten(1).t())
            + values[$"levels.{i}.bias"] + values["level"][i])], 1);
        Assert.Equal([(16L + 4 + 1), model.Architecture.Hidden], s.shape[1..]);

        var f = Blocks(0, half, states[0] + (values["injections.0.gamma"] * Attend("injections.0", states[0], s)));
        TensorAssert.Close(states[half], f, 1e-5);
        s += Attend("extractions.0", s, f);
        s += ConvFeedForward(s);
        f = Blocks(half, model.Blocks.Count, f + (values["injections.1.gamma"] * Attend("injections.1", f, s)));
        TensorAssert.Close(states[^1], f, 1e-5);

        Tensor Blocks(int from, int to, Tensor x) => Enumerable.Range(from, to - from).Aggregate(x, (x, block) =>
            ((Module<Tensor, Tensor>)model.named_modules().Single(each => each.name == $"vit.encoder.layer.{block}").module).call(x));

        Tensor Linear(string name, Tensor x) => x.matmul(values[$"{name}.weight"].t()) + values[$"{name}.bias"];

        Tensor Norm(string name, Tensor x) =>
            functional.layer_norm(x, [x.shape[^1]], values[$"{name}.weight"], values[$"{name}.bias"], 1e-6);

        Tensor Attend(string name, Tensor asking, Tensor asked)
        {
            var query = Linear($"{name}.query", Norm($"{name}.query_norm", asking));
            var seen = Norm($"{name}.norm", asked);
            var weights = (query.matmul(Linear($"{name}.key", seen).transpose(1, 2)) / Math.Sqrt(query.shape[^1])).softmax(-1);
            return Linear($"{name}.output", weights.matmul(Linear($"{name}.value", seen)));
        }

        Tensor ConvFeedForward(Tensor x)
        {
            var wide = Linear("feed_forwards.0.wide", Norm("feed_forwards.0.norm", x));
            var (at, parts) = (0L, new List<Tensor>());
            foreach (var side in new[] { 4L, 2, 1 })
            {
                var image = wide.narrow(1, at, side * side).transpose(1, 2).reshape(1, -1, side, side);
                var convolved = functional.conv2d(image, values["feed_forwards.0.depthwise.weight"],
                    values["feed_forwards.0.depthwise.bias"], padding: [1, 1], groups: image.shape[1]);
                parts.Add(convolved.flatten(2).transpose(1, 2));
                at += side * side;
            }

            return Linear("feed_forwards.0.narrow", functional.gelu(cat([.. parts], 1)));
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using var model = TinyBase.Vit.Load();

        Assert.Equal("Option 'stages' of method 'vit-adapter-lite' is 9, but the base has only " + $"{model.Blocks.Count} blocks.",
            Refusal("""{"stages": 9}"""));
        Assert.Equal("Option 'heads' of method 'vit-adapter-lite' is 3, but must divide the attention's width, 16.",
            Refusal("""{"heads": 3}"""));

        string Refusal(string options) =>
            Assert.Throws<AdapterException>(() => TinyBase.Attach("vit-adapter-lite", model, options)).Message;
    }
}
