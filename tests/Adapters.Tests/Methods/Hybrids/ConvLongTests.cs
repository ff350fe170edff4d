using Adapters.Methods;
using Adapters.Models.Causal;
using Adapters.Models.VisionLanguage;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Hybrids;

public sealed class ConvLongTests : IDisposable
{
    private const string LanguagePrefix = "base_model.model.language_model.";
    private static readonly AttachContext Long = new() { Seed = 3, TargetLength = 256 }; // of 128

    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Without_an_image_it_is_longlora_in_training_and_evaluation()
    {
        using var model = (VisionLanguageModel)TinyBase.SeeingLlama.Load();
        using var adapter = TinyBase.Attach("conv-long", model, """{"group": 4}""", Long);
        TinyBase.Perturb(adapter);
        using var llama = (CausalModel)TinyBase.TiedLlama.Load();
        using var longLora = TinyBase.Attach("longlora", llama, """{"group": 4}""", Long);
        var trained = adapter.Trainable.ToDictionary(pair => pair.Name.Replace("language_model.", ""), pair => pair.Parameter);
        using (no_grad())
            foreach (var (name, parameter) in longLora.Trainable)
                parameter.copy_(trained[name]);
        var tokens = TinyBase.Tokens();

        foreach (var training in new[] { true, false })
        {
            model.train(training);
            llama.train(training);

            Assert.True(Same(llama.Logits(tokens), model.Logits(tokens)));
        }

        Assert.Equal(longLora.Trainable.Select(pair => pair.Name).Order(), adapter.Trainable.Select(pair => pair.Name)
            .Where(name => name.StartsWith(LanguagePrefix, StringComparison.Ordinal))
            .Select(name => name.Replace("language_model.", "")).Order());
        Assert.Equal(0, adapter.AuxiliaryLoss!().item<float>());
    }

    [Theory]
    [InlineData("vision-language/vit/base + llama/gqa-tied", "query", "value")]
    [InlineData("vision-language/sam/window-global + llama/mha", "qkv", "qkv")]
    public void With_convolutions_of_zero_or_none_it_is_lora_and_longloras_parts(string on, params string[] seen)
    {
        const string Ranks = """ "rank": 4, "alpha": 8, "group": 8 """;
        const string Vision = """ "vision_rank": 4, "vision_alpha": 8 """;
        var targets = string.Join(", ", seen.Concat(["q_proj", "k_proj", "v_proj", "o_proj"]).Distinct().Select(name => $"\"{name}\""));
        var around = $$"""
            {"target_modules": [{{targets}}], "attention": "split", "interpolate_positions": true, "train_norms": true,
            "train_embeddings": true, {{Ranks}}}
            """;

        var plain = Outputs(on, "lora", around);

        Assert.All(plain.Zip(Outputs(on, "conv-long", $$"""{"experts": 2, {{Ranks}}, {{Vision}}}""")), AssertSame);
        Assert.All(plain.Zip(Outputs(on, "conv-long", $$"""{"experts": 0, {{Ranks}}, {{Vision}}}""")), AssertSame);

        static void AssertSame((Tensor Left, Tensor Right) pair) => Assert.True(Same(pair.Left, pair.Right));
    }

    [Fact]
    public void Untrained_it_is_frozen_towers_and_their_projector()
    {
        using var model = (VisionLanguageModel)TinyBase.SamLlama.Load();
        var bare = TinyBase.Evaluate(model);
        var frozen = model.parameters().Select(parameter => parameter.detach().clone()).ToList();

        using var adapter = TinyBase.Attach("conv-long", model, context: new() { Head = VisionLanguageModel.Projector });

        Assert.True(Same(bare, TinyBase.Evaluate(model)));
        Assert.All(model.parameters().Zip(frozen), pair => Assert.True(Same(pair.First, pair.Second)));
        Assert.Contains(adapter.Trainable, pair => pair.Name == "base_model.model.projector.weight");
    }

    [Fact]
    public void Norms_and_embeddings_of_the_image_encoder_stay_frozen()
    {
        using var model = TinyBase.SeeingLlama.Load();
        using var adapter = TinyBase.Attach("conv-long", model);

        var freed = adapter.Trainable.Select(pair => pair.Name).Where(name => !name.Contains("lora_", StringComparison.Ordinal)).ToList();

        Assert.All(freed, name => Assert.StartsWith(LanguagePrefix, name, StringComparison.Ordinal));
        Assert.Equal(6, freed.Count); // two norms of either block, the last norm, the embedding
    }

    [Fact]
    public void Groups_run_over_patches_and_text()
    {
        using var model = (VisionLanguageModel)TinyBase.SeeingLlama.Load(); // 16 patches, 24 tokens
        using var adapter = TinyBase.Attach("conv-long", model, """{"group": 8}""");
        using var frozen = no_grad();
        var (tokens, pixels) = (TinyBase.Tokens(), TinyBase.Pixels(32));
        model.train();

        // Two blocks reach a group and a half: tokens from the second group of the text on hear of no patch.
        var moved = (model.Logits(tokens, pixels) - model.Logits(tokens, -pixels)).abs().amax([0, 2]);

        Assert.True(moved[..4].min().item<float>() > 0);
        Assert.Equal(0, moved[8..].max().item<float>());
    }

    [Theory]
    [InlineData("""{"vision_rank": 33}""",
        "Option 'vision_rank' of method 'conv-long' is 33, but vision_tower.vit.encoder.layer.0.attention.attention.query maps 32 to 32 "
        + "features, so at most 32 makes sense.")]
    [InlineData("""{"top_k": 2, "experts": 1}""", "Option 'top_k' of method 'conv-long' is 2, but there are 1 experts.")]
    public void Wrong_options_are_refused_by_name(string options, string message)
    {
        using var model = TinyBase.SeeingLlama.Load();

        Assert.Equal(message, Assert.Throws<AdapterException>(() => TinyBase.Attach("conv-long", model, options)).Message);
    }

    /// <summary>In evaluation and in training, all but the convolutions moved alike and those at zero.</summary>
    private static Tensor[] Outputs(string on, string method, string options)
    {
        using var model = TinyBase.All[on].Load();
        using var adapter = TinyBase.Attach(method, model, options, Long);
        using var frozen = no_grad();
        foreach (var (name, parameter) in adapter.Trainable)
        {
            using var generator = new Generator((ulong)name.Sum(letter => letter));
            if (name.Contains("lora_experts", StringComparison.Ordinal))
                parameter.zero_();
            else
                parameter.copy_(empty(parameter.shape).normal_(0, 0.2, generator));
        }

        var evaluated = TinyBase.Evaluate(model);
        model.train();
        return [evaluated, TinyBase.Run(model)];
    }

    private static bool Same(Tensor left, Tensor right) => left.equal(right).all().item<bool>();
}
