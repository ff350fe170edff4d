using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Adapters.Checkpoints;
using Adapters.Methods;
using Adapters.Models;
using Adapters.Models.Causal;
using Adapters.Verification;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods;

public sealed partial class LongLoraTests : TorchTest
{
    /// <summary>Whole trainings: two layers, five AdamW steps, each variant of attention and of what is trained.</summary>
    [Theory]
    [InlineData("model-full-attention-lora")]
    [InlineData("model-split-lora")]
    [InlineData("model-split-longlora")]
    [InlineData("model-wrap-longlora")]
    public void Trains_a_model_as_the_reference_did(string name)
    {
        var (golden, settings, tensors) = Golden(name);
        using var model = (CausalModel)ModelFolder.Create(ConfigOf(settings), seed: 1);
        Put(tensors, model.named_parameters());
        using var adapter = TinyBase.Attach("longlora", model, OptionsOf(settings).ToJsonString(), new AttachContext { TargetLength = 16 });
        Put(tensors, adapter.Trainable);
        var tokens = tensors["in.tokens"].to(int64);

        model.train();
        var compare = new Comparison(golden, gradientShare: 1);
        compare.Output("out.logits", model.Logits(tokens), tensors["out.logits"]);
        compare.Output("out.full_attention_loss", FullAttentionLoss(), tensors["out.full_attention_loss"]);
        GoldenTraining.CheckGradients(tensors, compare, model.Loss(tokens, tokens),
            () => adapter.Trainable.Select(pair => (Short(pair.Name), pair.Parameter.grad)));
        GoldenTraining.CheckSteps(golden.NodeAt("hyperparameters.optimizer"), tensors, compare, adapter.Trainable,
            _ => model.Loss(tokens, tokens),
            () => adapter.Trainable.Select(pair => (Short(pair.Name), (Tensor)pair.Parameter)));
        compare.Output("after.full_attention_loss", FullAttentionLoss(), tensors["after.full_attention_loss"]);

        Assert.True(compare.WorstOutput is { Share: <= 1 }, compare.WorstOutput?.ToString());
        Assert.True(compare.WorstGradient is { Share: <= 1 }, compare.WorstGradient?.ToString());
        Assert.Equal(tensors.Names.Count(key => key.StartsWith("grad.", StringComparison.Ordinal)), adapter.Trainable.Count);

        Tensor FullAttentionLoss()
        {
            model.eval();
            var loss = model.Loss(tokens, tokens).reshape(1);
            model.train();
            return loss;
        }
    }

    [Theory]
    [InlineData("{}", 2 * 4 * 8 * (32 + 32) + 5 * 32 + 128 * 32)]
    [InlineData("""{"train_norms": false}""", 2 * 4 * 8 * (32 + 32) + 128 * 32)]
    [InlineData("""{"train_embeddings": false}""", 2 * 4 * 8 * (32 + 32) + 5 * 32)]
    [InlineData("""{"train_norms": false, "train_embeddings": false}""", 2 * 4 * 8 * (32 + 32))]
    public void Trains_all_attention_projections_norms_and_embeddings(string options, int parameters)
    {
        using var model = TinyBase.Llama.Load();

        using var adapter = TinyBase.Attach("longlora", model, options);

        Assert.Equal(parameters, adapter.TrainableParameters);
    }

    [Fact]
    public void Evaluates_with_full_attention()
    {
        using var model = TinyBase.Llama.Load();
        Tensor evaluated, trained;
        using (var sparse = TinyBase.Attach("longlora", model, """{"group": 4}"""))
        {
            TinyBase.Perturb(sparse);
            evaluated = TinyBase.Evaluate(model);
            model.train();
            trained = TinyBase.Run(model).detach();
            model.eval();
            AdapterFolder.Save(sparse, Folder.File("adapter"));
        }

        using var fresh = TinyBase.Llama.Load();
        using var full = TinyBase.Attach("longlora", fresh, """{"attention": "full"}""");
        TinyBase.Perturb(full);

        Assert.True(evaluated.equal(TinyBase.Evaluate(fresh)).all().item<bool>());
        Assert.False(evaluated.equal(trained).all().item<bool>());
    }

    [Fact]
    public void Without_its_extras_it_is_lora_on_all_attention_projections()
    {
        using var model = TinyBase.Llama.Load();
        const string Extras = """{"attention": "full", "train_norms": false, "train_embeddings": false}""";
        const string Targets = """{"target_modules": ["q_proj", "k_proj", "v_proj", "o_proj"]}""";

        var (longLora, lora) = (Trained("longlora", Extras), Trained("lora", Targets));

        Assert.True(longLora.equal(lora).all().item<bool>());

        Tensor Trained(string method, string options)
        {
            using var adapter = TinyBase.Attach(method, model, options);
            TinyBase.Perturb(adapter);
            model.train();
            return TinyBase.Run(model).detach();
        }
    }

    [Theory]
    [InlineData("split", false)]
    [InlineData("wrap", true)]
    public void Only_wrapped_groups_leak_the_last_token_to_earlier_ones(string attention, bool leaks)
    {
        using var model = (CausalModel)TinyBase.Llama.Load();
        using var adapter = TinyBase.Attach("longlora", model, $$"""{"attention": "{{attention}}", "group": 4}""");
        model.train();
        var tokens = arange(1, 17).unsqueeze(0);
        var changed = tokens.clone();
        changed[0, 15] = 99;

        var moved = (model.Logits(tokens) - model.Logits(changed)).abs().amax([0, 2]).narrow(0, 0, 15).max().item<float>();

        Assert.Equal(leaks, moved > 1e-6);
    }

    [Theory]
    [InlineData(100, null)]
    [InlineData(128, null)]
    [InlineData(129, 2.0)]
    [InlineData(512, 4.0)]
    public void Positions_are_interpolated_to_reach_the_target_while_it_is_attached(int target, double? factor)
    {
        using var model = TinyBase.Llama.Load(); // made for 128 positions

        using (TinyBase.Attach("longlora", model, context: new AttachContext { TargetLength = target }))
            Assert.Equal(factor, (double?)model.Config["rope_scaling"]?["factor"]);

        Assert.Null(model.Config["rope_scaling"]);
    }

    [Fact]
    public void Positions_that_the_task_has_interpolated_stay_as_they_are()
    {
        using var model = (CausalModel)TinyBase.Llama.Load();
        model.InterpolatePositions(4);

        TinyBase.Attach("longlora", model, context: new AttachContext { TargetLength = 512 }).Dispose();

        Assert.Equal(4.0, (double?)model.Config["rope_scaling"]?["factor"]);
    }

    [Theory]
    [InlineData(256, 2.0)] // within reach of the loaded angles
    [InlineData(257, 3.0)]
    [InlineData(600, 5.0)]
    public void A_base_that_was_interpolated_before_is_so_by_the_whole_factor_of_its_pretrained_length(int target, double factor)
    {
        var config = ConfigOf(Golden("model-split-lora").Settings);
        config["max_position_embeddings"] = 128;
        config["rope_scaling"] = new JsonObject { ["type"] = "linear", ["factor"] = 2.0 };
        using var model = ModelFolder.Create(config, seed: 1);

        using (TinyBase.Attach("longlora", model, context: new AttachContext { TargetLength = target }))
            Assert.Equal(factor, (double?)model.Config["rope_scaling"]?["factor"]);

        Assert.Equal(2.0, (double?)model.Config["rope_scaling"]?["factor"]);
    }

    [Fact]
    public void Positions_that_the_task_has_interpolated_too_little_are_so_to_the_target_while_it_is_attached()
    {
        using var model = (CausalModel)TinyBase.Llama.Load();
        model.InterpolatePositions(2);

        using (TinyBase.Attach("longlora", model, context: new AttachContext { TargetLength = 512 }))
            Assert.Equal(4.0, (double?)model.Config["rope_scaling"]?["factor"]);

        Assert.Equal(2.0, (double?)model.Config["rope_scaling"]?["factor"]);
    }

    [Fact]
    public void Merged_and_written_as_a_base_it_is_an_ordinary_model_with_the_same_logits()
    {
        using var model = TinyBase.Llama.Load();
        using var adapter = TinyBase.Attach("longlora", model, context: new AttachContext { TargetLength = 256 });
        TinyBase.Perturb(adapter);
        var before = TinyBase.Evaluate(model);

        adapter.Merge();
        ModelFolder.Save(model, Folder.File("merged"));
        using var merged = ModelFolder.Load(Folder.File("merged"));

        TensorAssert.Close(before, TinyBase.Evaluate(merged), 1e-4);
        Assert.Equal(2.0, (double?)merged.Config["rope_scaling"]?["factor"]);
    }

    [Theory]
    [InlineData("llama/mha", """{"group": 5}""", "Option 'group' of method 'longlora' is 5, but must be even: groups shift by half of it.")]
    [InlineData("llama/mha", """{"group": 6, "attention": "wrap"}""",
        "Option 'group' of method 'longlora' is 6, which does not divide the length 128; groups that wrap around must.")]
    [InlineData("mistral/sliding-window", """{"group": 8}""",
        "Option 'group' of method 'longlora' is 8, but the base's sliding window is only 6 positions.")]
    public void Groups_that_do_not_fit_are_refused(string on, string options, string message)
    {
        using var model = new TinyBase(on).Load();

        var refused = Assert.Throws<AdapterException>(() => TinyBase.Attach("longlora", model, options));

        Assert.Equal(message, refused.Message);
    }

    [Fact]
    public void A_base_with_an_odd_number_of_heads_is_refused()
    {
        var config = ConfigOf(Golden("model-split-lora").Settings);
        (config["num_attention_heads"], config["num_key_value_heads"], config["hidden_size"]) = (3, 3, 24);
        using var model = ModelFolder.Create(config, seed: 1);

        var refused = Assert.Throws<AdapterException>(() => TinyBase.Attach("longlora", model));

        Assert.Equal("Method 'longlora' shifts half of the heads, but the base has 3.", refused.Message);
    }

    private static (GoldenCase Case, JsonObject Settings, GoldenTensors Tensors) Golden(string name)
    {
        var manifest = JsonNode.Parse(File.ReadAllText(GoldenFiles.Of("core", "longlora", "manifest.json")))!;
        var entry = manifest["cases"]!.AsArray().Single(entry => (string)entry!["name"]! == name)!.AsObject();
        var golden = new GoldenCase { Folder = GoldenFiles.Of("core", "longlora"), Description = entry, Kind = "core/longlora" };
        return (golden, entry["hyperparameters"]!.AsObject(), golden.Tensors((string)entry["file"]!));
    }

    private static JsonObject ConfigOf(JsonObject settings) => new()
    {
        ["model_type"] = "llama",
        ["vocab_size"] = (int)settings["vocabulary"]!,
        ["hidden_size"] = (int)settings["hidden"]!,
        ["intermediate_size"] = (int)settings["mlp"]!,
        ["num_hidden_layers"] = (int)settings["layers"]!,
        ["num_attention_heads"] = (int)settings["heads"]!,
        ["num_key_value_heads"] = (int)settings["kv_heads"]!,
        ["max_position_embeddings"] = 16,
        ["rope_theta"] = (double)settings["rope_theta"]!,
        ["rope_scaling"] = new JsonObject { ["type"] = "linear", ["factor"] = (double)settings["rope_factor"]! },
        ["rms_norm_eps"] = (double)settings["rms_eps"]!,
    };

    private static JsonObject OptionsOf(JsonObject settings) => new()
    {
        ["rank"] = (int)settings["rank"]!,
        ["alpha"] = (double)settings["alpha"]!,
        ["group"] = (int)settings["group"]!,
        ["attention"] = (string)settings["attention"]!,
        ["train_norms"] = (bool)settings["train_embeddings_and_norms"]!,
        ["train_embeddings"] = (bool)settings["train_embeddings_and_norms"]!,
    };

    /// <summary>There it is <c>layers.0.self_attn.q_proj.lora_A</c>, without what stands before and behind.</summary>
    private static string Short(string name) => LeftOut().Replace(name, "");

    [GeneratedRegex(@"^(base_model\.model\.)?(model\.)?|(?<=lora_[AB])\.weight$")]
    private static partial Regex LeftOut();

    private static void Put(GoldenTensors from, IEnumerable<(string Name, TorchSharp.Modules.Parameter Parameter)> into)
    {
        using var frozen = no_grad();
        foreach (var (name, parameter) in into)
            parameter.copy_(from[$"in.{Short(name)}"]);
    }
}
