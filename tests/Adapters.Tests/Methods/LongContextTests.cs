using Adapters.Checkpoints;
using Adapters.Methods;
using Adapters.Models.Causal;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods;

/// <summary>LongLoRA's parts around whatever updates the layers.</summary>
public sealed class LongContextTests : TorchTest
{
    private const string Around = """
        "attention": "split", "group": 4, "interpolate_positions": true, "train_norms": true, "train_embeddings": true
        """;

    private const string Projections = """ "target_modules": ["q_proj", "k_proj", "v_proj", "o_proj"] """;

    [Fact]
    public void Around_lora_they_make_longlora()
    {
        var stacked = Trained("lora", $$"""{{{Around}}, {{Projections}}}""");
        var longLora = Trained("longlora", """{"group": 4}""");

        Assert.True(stacked.equal(longLora).all().item<bool>());
    }

    /// <summary>Every method that adapts layers of a causal base.</summary>
    public static TheoryData<string> LayerMethods =>
    [
        .. MethodCatalogue.All.Where(method => method.Options.Options.Any(option => option.Name == "interpolate_positions")
            && (method.Families.Count == 0 || method.Families.Contains("llama"))).Select(method => method.Id),
    ];

    [Theory, MemberData(nameof(LayerMethods))]
    public void Around_any_method_they_train_sparsely_evaluate_in_full_and_are_saved_along(string method)
    {
        using var model = (CausalModel)TinyBase.Llama.Load();
        var bare = model.parameters().Sum(parameter => parameter.numel());
        using var adapter = TinyBase.Attach(method, model, $$"""{{{Around}}}""", new AttachContext { TargetLength = 256 });
        TinyBase.Perturb(adapter, deviation: 0.03);
        var evaluated = TinyBase.Evaluate(model);
        TinyBase.Loss(adapter).backward();

        Assert.NotNull(model.TrainingAttention);
        Assert.Equal(2, model.Interpolation);
        Assert.Contains(adapter.Trainable, pair => pair.Name == "base_model.model.model.norm.weight");
        Assert.Contains(adapter.Trainable, pair => pair.Name == "base_model.model.model.embed_tokens.weight");
        Assert.All(adapter.Trainable, pair => Assert.NotNull(pair.Parameter.grad));
        AdapterFolder.Save(adapter, Folder.File("saved"));
        using var again = TinyBase.Llama.Load();
        using var loaded = AdapterFolder.Load(Folder.File("saved"), again);
        Assert.True(evaluated.equal(TinyBase.Evaluate(again)).all().item<bool>());
        Assert.Equal(bare, model.parameters().Sum(parameter => parameter.numel()));
    }

    [Theory]
    [InlineData("pissa")]
    [InlineData("olora")]
    [InlineData("orthogonal")]
    [InlineData("gaussian")]
    public void Longlora_starts_as_lora_can(string init)
    {
        using var model = TinyBase.Llama.Load();
        var bare = TinyBase.Evaluate(model);

        using var adapter = TinyBase.Attach("longlora", model, $$"""{"init": "{{init}}", "rslora": true}""");

        TensorAssert.Close(bare, TinyBase.Evaluate(model));
    }

    [Fact]
    public void What_is_trained_whole_is_not_adapted_too()
    {
        using var model = TinyBase.Llama.Load();

        var refused = Assert.Throws<AdapterException>(() => TinyBase.Attach("lora", model,
            """{"train_embeddings": true, "target_modules": ["embed_tokens"]}"""));

        Assert.StartsWith("Option 'target_modules' of method 'lora' names 'embed_tokens'", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"attention": "split"}""",
        "Option 'attention' of method 'dora' is split, but a base of the family vit does not attend causally.")]
    [InlineData("""{"interpolate_positions": true}""",
        "Option 'interpolate_positions' of method 'dora' is true, but a base of the family vit does not attend causally.")]
    public void A_base_of_images_is_refused(string options, string message)
    {
        using var model = TinyBase.Vit.Load();

        Assert.Equal(message, Assert.Throws<AdapterException>(() => TinyBase.Attach("dora", model, options)).Message);
    }

    private static Tensor Trained(string method, string options)
    {
        using var model = TinyBase.Llama.Load();
        using var adapter = TinyBase.Attach(method, model, options, new AttachContext { TargetLength = 256, Seed = 3 });
        using var frozen = no_grad();
        foreach (var (_, parameter) in adapter.Trainable)
            parameter.add_(0.1);
        model.train();
        return TinyBase.Run(model);
    }
}
