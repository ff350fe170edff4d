using Adapters.Mechanisms;
using Adapters.Methods;
using Adapters.Methods.Initialisations;
using Adapters.Models;
using Adapters.Models.Causal;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods;

public sealed class LoraTests : TorchTest
{
    [Fact]
    public void Adapts_the_models_default_layers_with_rank_times_in_plus_out_parameters_each()
    {
        using var model = TinyBase.TiedLlama.Load(); // q maps 32 to 32 features, v 32 to 16

        using var adapter = TinyBase.Attach("lora", model, """{"rank": 4}""");

        Assert.Equal(
            ["model.layers.0.self_attn.q_proj", "model.layers.0.self_attn.v_proj", "model.layers.1.self_attn.q_proj",
                "model.layers.1.self_attn.v_proj"],
            adapter.Sites.Keys.Order());
        Assert.Equal(2 * (4 * (32 + 32) + 4 * (32 + 16)), adapter.TrainableParameters);
        Assert.Equal("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", adapter.Trainable[0].Name);
        Assert.Equal([4, 32], adapter.Trainable[0].Parameter.shape);
    }

    [Fact]
    public void A_is_drawn_within_one_over_root_of_its_inputs_and_b_is_zero()
    {
        using var generator = new Generator(1, CPU);
        using var site = new LinearSite(100, 400, hasBias: false);

        var factors = new Kaiming().Of(site, 25, scale: 1, generator);

        Assert.InRange(factors.A.abs().max().item<float>(), 0.099, 0.1); // not 1/√25, the fan of B
        Assert.Equal(0, factors.B.abs().max().item<float>());
    }

    [Fact]
    public void Another_seed_draws_another_a()
    {
        using var model = TinyBase.Llama.Load();
        var drawn = new List<Tensor>();
        foreach (var seed in new ulong[] { 1, 2 })
        {
            using var adapter = TinyBase.Attach("lora", model, context: new AttachContext { Seed = seed });
            drawn.Add(adapter.Trainable[0].Parameter.detach().clone());
        }

        Assert.False(drawn[0].equal(drawn[1]).any().item<bool>());
    }

    [Fact]
    public void Scaling_one_factor_up_and_the_other_down_changes_nothing()
    {
        var (a, b, x, y) = (randn(3, 6), randn(5, 3), randn(2, 4, 6), randn(2, 4, 5));
        using var site = new LinearSite(6, 5, hasBias: false);
        using var delta = new LowRankDelta(site, a.clone(), b.clone(), 2);
        using var rescaled = new LowRankDelta(site, a * 8, b / 8, 2);

        Assert.True(delta.Adapt(x, y).equal(rescaled.Adapt(x, y)).all().item<bool>());
    }

    [Theory]
    [InlineData("""{"rank": 4, "alpha": 8}""", 2.0)]
    [InlineData("""{"rank": 4, "alpha": 8, "rslora": true}""", 4.0)]
    public void The_scale_is_alpha_over_rank_or_its_root(string options, double scale)
    {
        using var model = TinyBase.Llama.Load();
        using var adapter = TinyBase.Attach("lora", model, options);
        TinyBase.Perturb(adapter);

        var (a, b) = (adapter.Trainable[0].Parameter, adapter.Trainable[1].Parameter);
        var delta = ((LowRankDelta)adapter.Sites["model.layers.0.self_attn.q_proj"]).Delta();

        TensorAssert.Close(b.matmul(a) * scale, delta);
    }

    [Fact]
    public void Dropout_hides_inputs_from_the_update_in_training_only_and_never_from_the_base()
    {
        manual_seed(1);
        using var site = new LinearSite(8, 8, hasBias: false);
        using var delta = new LowRankDelta(site, eye(8), eye(8), 1, dropout: 0.5);
        var (x, y) = (ones(1000, 8), randn(1000, 8));

        delta.train();
        var update = delta.Adapt(x, y) - y;
        delta.eval();
        var evaluated = delta.Adapt(x, y);

        Assert.InRange(update.mean().item<float>(), 0.95, 1.05); // each entry 0 or 2
        TensorAssert.Close(update.round(), update);
        Assert.InRange(update.round().eq(0).to(float32).mean().item<float>(), 0.45, 0.55);
        TensorAssert.Close(y + 1, evaluated);
    }

    [Fact]
    public void An_adapter_follows_its_model_into_training_and_evaluation()
    {
        using var model = TinyBase.Llama.Load();
        model.eval();
        using var adapter = TinyBase.Attach("lora", model);

        var attached = adapter.Sites.Values.Select(site => site.training).Distinct().Single();
        model.train();
        var training = adapter.Sites.Values.Select(site => site.training).Distinct().Single();
        model.eval();
        var evaluating = adapter.Sites.Values.Select(site => site.training).Distinct().Single();

        Assert.Equal((false, true, false), (attached, training, evaluating));
    }

    [Theory]
    [InlineData("none", 0, 0)]
    [InlineData("lora_only", 2 * (32 + 16), 4)]
    [InlineData("all", 2 * (32 + 16 + 16), 6)]
    public void Biases_are_trained_as_told(string bias, int parameters, int tensors)
    {
        using var model = TinyBase.Qwen.Load(); // biases on q (32), k (16) and v (16) of two layers

        using var adapter = TinyBase.Attach("lora", model, $$"""{"bias": "{{bias}}"}""");
        var biases = adapter.Trainable.Where(pair => pair.Name.EndsWith(".bias", StringComparison.Ordinal)).ToList();

        Assert.Equal((parameters, tensors), (biases.Sum(pair => (int)pair.Parameter.numel()), biases.Count));
        Assert.Equal(bias == "none" ? 0 : 4, biases.Count(pair => pair.Name.EndsWith("_proj.base_layer.bias", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_base_in_half_precision_keeps_it_and_the_factors_are_single()
    {
        using var site = new LinearSite(6, 5, hasBias: false);
        using var delta = new LowRankDelta(site, randn(2, 6), randn(5, 2), 1);

        var y = delta.Adapt(randn(3, 6).to(bfloat16), randn(3, 5).to(bfloat16));
        y.sum().backward();

        Assert.Equal(ScalarType.BFloat16, y.dtype);
        Assert.All(delta.parameters(), parameter => Assert.Equal(ScalarType.Float32, parameter.grad!.dtype));
    }

    [Fact]
    public void An_adapter_on_a_tied_output_layer_leaves_the_embedding_alone_and_does_not_merge()
    {
        using var model = (CausalModel)TinyBase.TiedLlama.Load();
        using var adapter = TinyBase.Attach("lora", model, """{"target_modules": ["lm_head"]}""");
        var hidden = model.Hidden(ones(1, 4, dtype: int64));

        TinyBase.Perturb(adapter);

        Assert.True(hidden.equal(model.Hidden(ones(1, 4, dtype: int64))).all().item<bool>());
        Assert.Equal("The adapter of lm_head cannot be merged, because the layer shares its weight with another: untie it first.",
            Assert.Throws<AdapterException>(adapter.Merge).Message);
        model.UntieHead();
        adapter.Merge();
        Assert.True(hidden.equal(model.Hidden(ones(1, 4, dtype: int64))).all().item<bool>());
    }

    [Theory]
    [InlineData("""{"target_modules": ["q_prj"]}""",
        "Option 'target_modules' of method 'lora' names 'q_prj', but the llama base has no adaptable layer of that name. "
        + "Did you mean 'q_proj'?")]
    [InlineData("""{"target_modules": ["proj"]}""",
        "Option 'target_modules' of method 'lora' names 'proj', but the llama base has no adaptable layer of that name. "
        + "Did you mean 'k_proj'?")]
    [InlineData("""{"target_modules": []}""", "Option 'target_modules' of method 'lora' is empty, so nothing would be adapted.")]
    [InlineData("""{"rank": 20}""",
        "Option 'rank' of method 'lora' is 20, but model.layers.0.self_attn.v_proj maps 32 to 16 features, so at most 16 makes sense.")]
    public void What_does_not_fit_the_base_is_refused_and_leaves_it_bare(string options, string message)
    {
        using var model = TinyBase.TiedLlama.Load();

        var refused = Assert.Throws<AdapterException>(() => TinyBase.Attach("lora", model, options));

        Assert.Equal(message, refused.Message);
        Assert.All(model.Sites.Values, site => Assert.Empty(site.Adapters));
    }

    [Fact]
    public void All_linear_means_every_layer_of_the_blocks_and_not_the_head()
    {
        using var model = TinyBase.Llama.Load();

        using var adapter = TinyBase.Attach("lora", model, """{"target_modules": ["all-linear"]}""");

        Assert.Equal(2 * 7, adapter.Sites.Count);
        Assert.DoesNotContain("lm_head", adapter.Sites.Keys);
    }

    [Fact]
    public void A_name_means_a_layer_of_that_name_or_of_that_dotted_end()
    {
        using var model = TinyBase.Vit.Load();

        using var adapter = TinyBase.Attach("lora", model,
            """{"target_modules": ["attention.output.dense", "vit.encoder.layer.1.attention.attention.key"]}""");

        Assert.Equal(
            ["vit.encoder.layer.0.attention.output.dense", "vit.encoder.layer.1.attention.attention.key",
                "vit.encoder.layer.1.attention.output.dense"],
            adapter.Sites.Keys.Order());
    }

    [Fact]
    public void A_head_is_trained_whole_and_not_adapted_too()
    {
        using var model = TinyBase.Vit.Load();
        var context = new AttachContext { Head = TinyBase.HeadOf(model) };

        using (var adapter = TinyBase.Attach("lora", model, context: context))
            Assert.Equal(["base_model.model.classifier.weight", "base_model.model.classifier.bias"],
                adapter.Trainable.Select(pair => pair.Name).Where(name => name.Contains("classifier", StringComparison.Ordinal)));
        Assert.Throws<AdapterException>(() => TinyBase.Attach("lora", model, """{"target_modules": ["classifier"]}""", context));
    }

    [Fact]
    public void Leading_dimensions_are_those_of_the_input()
    {
        using var site = new LinearSite(6, 5, hasBias: false);
        using var delta = new LowRankDelta(site, randn(3, 6), randn(5, 3), 2);
        var (x, y) = (randn(2, 3, 4, 6), randn(2, 3, 4, 5));

        var whole = delta.Adapt(x, y);
        var row = delta.Adapt(x[1][2][3].unsqueeze(0), y[1][2][3].unsqueeze(0));

        Assert.Equal(y.shape, whole.shape);
        TensorAssert.Close(row[0], whole[1][2][3]);
    }
}
