using Adapters.Checkpoints;
using Adapters.Mechanisms;
using Adapters.Methods;
using Adapters.Models;
using Adapters.Models.Causal;
using Adapters.Models.VisionLanguage;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Hybrids;

public sealed class ConvLongTests : TorchTest
{
    private const string LanguagePrefix = "base_model.model.language_model.";
    private static readonly AttachContext Long = new() { Seed = 3, TargetLength = 256 }; // of 128

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
    [InlineData("vision-language/vit/base + llama/gqa-tied")]
    [InlineData("vision-language/sam/window-global + llama/mha")] // windows of an image share its gate
    public void Equal_pairs_are_one_of_them_whatever_the_gate_says(string on)
    {
        using var model = TinyBase.All[on].Load();
        using var alone = TinyBase.Attach("conv-long", model, """{"experts": 4}""");
        TinyBase.Perturb(alone);
        var expected = TinyBase.Evaluate(model);
        using var other = TinyBase.All[on].Load();
        using var pairs = TinyBase.Attach("conv-long", other, """{"experts": 4, "pairs": 2}""");
        TinyBase.Perturb(pairs);
        var one = alone.Trainable.ToDictionary(pair => pair.Name, pair => pair.Parameter);
        using (no_grad())
            foreach (var (name, parameter) in pairs.Trainable.Where(pair => pair.Name != "base_model.pair_gate.weight"))
                parameter.copy_(one[name.Replace("update_0.", "").Replace("update_1.", "")]);

        TensorAssert.Close(expected, TinyBase.Evaluate(other));
    }

    [Fact]
    public void An_update_behind_a_gate_that_gives_it_all_is_that_update()
    {
        manual_seed(3);
        using var site = new LinearSite(8, 6, hasBias: false);
        LowRankDelta[] updates = [Update(), Update()];
        var (x, y) = (randn(4, 5, 8), randn(4, 5, 6)); // two windows each of two samples
        using var one = new GatedUpdates(site, [updates[0]], () => ones(2, 1));
        using var both = new GatedUpdates(site, updates, () => tensor(new float[] { 1, 0, 0, 1 }).reshape(2, 2));

        Assert.True(Same(updates[0].Adapt(x, y), one.Adapt(x, y)));
        TensorAssert.Close(updates[0].Adapt(x[..2], y[..2]), both.Adapt(x, y)[..2]);
        TensorAssert.Close(updates[1].Adapt(x[2..], y[2..]), both.Adapt(x, y)[2..]);

        LowRankDelta Update() => new(site, randn(3, 8), randn(6, 3), scale: 2);
    }

    [Fact]
    public void The_gate_weighs_what_is_embedded_of_image_and_real_tokens()
    {
        using var model = (VisionLanguageModel)TinyBase.SeeingLlama.Load();
        using var frozen = no_grad();
        manual_seed(3);
        var (patch, token) = (model.PatchEmbedding!.Outputs, model.LanguageModel.Architecture.Hidden);
        var weight = nn.Parameter(randn(PromptGate.FeaturesOf(model), 3));
        var gate = new PromptGate(model, weight);
        var (tokens, pixels) = (TinyBase.Tokens(), TinyBase.Pixels(32));
        var table = model.ParameterOf("language_model.model.embed_tokens.weight");

        var both = Opened(new Prompt(tokens, pixels));
        var read = Opened(new Prompt(tokens, null));
        var padded = Opened(new Prompt(cat([zeros_like(tokens), tokens], 1), null, cat([zeros_like(tokens), ones_like(tokens)], 1)));

        Assert.Equal(patch + token, weight.shape[0]);
        var text = table.index_select(0, tokens[1]).mean([0]);
        var image = model.PatchEmbedding.call(pixels)[1].flatten(1).mean([1]);
        TensorAssert.Close(Standard(text).matmul(weight[(int)patch..]).softmax(0), read[1]);
        TensorAssert.Close(cat([Standard(image), Standard(text)]).matmul(weight).softmax(0), both[1]);
        TensorAssert.Close(read, padded);

        Tensor Opened(Prompt prompt)
        {
            gate.Open(prompt);
            return gate.Gates.clone();
        }

        static Tensor Standard(Tensor of) => (of - of.mean()) / ((of - of.mean()).square().mean() + 1e-5).sqrt();
    }

    [Fact]
    public void Pairs_start_at_the_base_train_all_they_count_and_are_saved()
    {
        using var model = TinyBase.SeeingLlama.Load();
        var bare = TinyBase.Evaluate(model);
        using var adapter = TinyBase.Attach("conv-long", model, """{"experts": 2, "pairs": 3}""");
        Assert.True(Same(bare, TinyBase.Evaluate(model)));

        var method = MethodCatalogue.Find("conv-long");
        var gate = adapter.Trainable.Single(pair => pair.Name == "base_model.pair_gate.weight").Parameter;
        var sizes = new Dictionary<string, double>(CountFormula.ValuesOf(adapter)) { ["patch"] = 32, ["token"] = 32 };
        Assert.Equal(CountFormula.Compute(method.ParametersShared, sizes), gate.numel());
        foreach (var (name, site) in adapter.Sites)
            Assert.Equal(
                CountFormula.Compute(method.ParametersPerLayer, new Dictionary<string, double>(sizes)
                {
                    ["in"] = site.Site.Inputs, ["out"] = site.Site.Outputs, ["image"] = model.LayoutOf(name) is null ? 0 : 1,
                }),
                site.parameters().Sum(own => own.numel()));

        TinyBase.Perturb(adapter);
        TinyBase.Loss(adapter).backward();
        Assert.All(adapter.Trainable, pair => Assert.NotNull(pair.Parameter.grad));
        Assert.True(gate.grad!.abs().max().item<float>() > 0);
        Assert.StartsWith("A mixture of experts cannot be merged", adapter.MergeObstacle, StringComparison.Ordinal);

        var trained = TinyBase.Evaluate(model);
        AdapterFolder.Save(adapter, Folder.File("pairs"));
        using var again = TinyBase.SeeingLlama.Load();
        using var loaded = AdapterFolder.Load(Folder.File("pairs"), again);
        Assert.True(Same(trained, TinyBase.Evaluate(again)));
    }

    [Fact]
    public void Pairs_ask_to_be_used_alike_and_leave_no_tensor_behind()
    {
        using var model = (VisionLanguageModel)TinyBase.SeeingLlama.Load();
        Use(); // whatever is made once and kept
        var before = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        Use();

        Assert.Equal(before, TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        void Use()
        {
            using var scope = NewDisposeScope();
            using var adapter = TinyBase.Attach("conv-long", model, """{"experts": 0, "pairs": 3, "balance_weight": 0.5}""");
            model.train();
            model.Logits(TinyBase.Tokens());
            Assert.Equal(0.5 * 3 * Math.Log(3), adapter.AuxiliaryLoss!().item<float>(), 1e-5); // its least, N·ln N
            TinyBase.Loss(adapter).backward();
            TinyBase.Evaluate(model);
        }
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
