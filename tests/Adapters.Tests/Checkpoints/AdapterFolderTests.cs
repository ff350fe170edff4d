using System.Text.Json.Nodes;
using Adapters.Checkpoints;
using Adapters.Methods;
using Adapters.Tests.Methods;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Checkpoints;

public sealed class AdapterFolderTests : TorchTest
{
    private const string Query = "base_model.model.model.layers.0.self_attn.q_proj.";

    [Fact]
    public void A_lora_is_saved_under_pefts_names_and_fields()
    {
        using var model = TinyBase.Qwen.Load();
        var context = new AttachContext { Base = "tiny/qwen", Head = ["model.norm.weight"] };
        using (var adapter = TinyBase.Attach("lora", model, """{"rank": 4, "alpha": 8, "dropout": 0.1, "bias": "lora_only"}""", context))
            AdapterFolder.Save(adapter, Folder.Path);

        var config = JsonNode.Parse(File.ReadAllText(Folder.File("adapter_config.json")))!.AsObject();
        config.Remove("orchestrator");
        using var file = SafeTensorsFile.Open(Folder.File("adapter_model.safetensors"));

        var expected = new JsonObject
        {
            ["peft_type"] = "LORA", ["target_modules"] = new JsonArray("q_proj", "v_proj"), ["lora_bias"] = false, ["r"] = 4,
            ["lora_alpha"] = 8.0, ["lora_dropout"] = 0.1, ["use_rslora"] = false, ["init_lora_weights"] = true,
            ["rank_pattern"] = new JsonObject(), ["alpha_pattern"] = new JsonObject(), ["layers_to_transform"] = null,
            ["layers_pattern"] = null, ["bias"] = "lora_only", ["base_model_name_or_path"] = "tiny/qwen",
            ["inference_mode"] = true, ["task_type"] = null, ["modules_to_save"] = new JsonArray("model.norm"),
        };
        Assert.True(JsonNode.DeepEquals(expected, config), config.ToJsonString());
        Assert.Equal(
            ["base_layer.bias", "lora_A.weight", "lora_B.weight"],
            file.Entries.Keys.Where(name => name.StartsWith(Query, StringComparison.Ordinal)).Select(name => name[Query.Length..]).Order());
        Assert.Contains("base_model.model.model.norm.weight", file.Entries.Keys);
        Assert.Equal("pt", file.Metadata["format"]);
    }

    [Theory]
    [InlineData("""["q_proj", "v_proj"]""", 4)]
    [InlineData("\"all-linear\"", 14)]
    public void A_folder_that_peft_wrote_is_loaded(string targets, int sites)
    {
        using var model = TinyBase.Llama.Load();
        var list = targets.StartsWith('[') ? targets : $"[{targets}]";
        using (var adapter = TinyBase.Attach("lora", model, $$"""{"rank": 4, "alpha": 8, "target_modules": {{list}}}"""))
        {
            TinyBase.Perturb(adapter);
            AdapterFolder.Save(adapter, Folder.Path);
        }

        var before = Output();
        PeftConfig(targets);

        using var loaded = AdapterFolder.Load(Folder.Path, model);
        Assert.Equal(sites, loaded.Sites.Count);
        Assert.True(before.equal(TinyBase.Evaluate(model)).all().item<bool>());

        Tensor Output()
        {
            using var adapter = AdapterFolder.Load(Folder.Path, model);
            return TinyBase.Evaluate(model);
        }
    }

    [Theory]
    [InlineData("peft_type", "\"XLORA\"", "holds an adapter of PEFT's type 'XLORA', which cannot be loaded; ")]
    [InlineData("layer_replication", "[[0, 1]]", "'layer_replication' is [[0,1]], and such an adapter cannot be loaded.")]
    [InlineData("target_modules", "\"q_proj\"", "Option 'target_pattern' of method 'lora' is 'q_proj', which matches the whole name of no "
        + "adaptable layer of the llama base; model.embed_tokens is one.")]
    [InlineData("init_lora_weights", "\"loftq\"",
        "Option 'init' of method 'lora' is \"loftq\", but must be one of gaussian, kaiming, ")] // and whatever others there are
    [InlineData("r", "\"four\"", "Option 'rank' of method 'lora' is \"four\", but must be a whole number.")]
    public void What_another_writer_asks_for_and_we_lack_is_refused_by_name(string field, string value, string message)
    {
        Save("lora", """{"rank": 4}""");
        PeftConfig("""["q_proj", "v_proj"]""", config => config[field] = JsonNode.Parse(value));

        Assert.Contains(message, Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_biases_of_adapted_layers_are_called_as_each_method_of_pefts_calls_them()
    {
        using var model = TinyBase.Qwen.Load();
        using var adapter = TinyBase.Attach("oft", model, """{"bias": "lora_only"}""");

        var (_, options) = Adapters.Checkpoints.PeftConfig.Read(new() { ["peft_type"] = "MISS", ["bias"] = "MiSS_only" }, "folder");

        Assert.Equal("oft_only", (string?)adapter.Config["bias"]);
        Assert.Equal("lora_only", (string?)options["bias"]);
    }

    [Fact]
    public void An_adapter_of_another_base_is_refused()
    {
        Save("lora", "{}");
        using var tied = TinyBase.TiedLlama.Load();

        var refused = Assert.Throws<AdapterException>(() => AdapterFolder.Load(Folder.Path, tied));

        Assert.StartsWith($"{Folder.Path} was trained on another base than this llama model", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lora", "model.layers.1.self_attn.v_proj.lora_B.weight")]
    [InlineData("longlora", "model.embed_tokens.weight")]
    [InlineData("longlora", "model.layers.0.input_layernorm.weight")]
    public void A_folder_that_lacks_what_was_trained_is_refused(string method, string missing)
    {
        Save(method, "{}");
        Rewrite(tensors => tensors.Remove($"base_model.model.{missing}"));

        Assert.Equal($"{Folder.File("adapter_model.safetensors")} lacks the tensor 'base_model.model.{missing}', which the {method} "
            + "adapter has trained.", Refusal());
    }

    [Fact]
    public void A_tensor_too_many_or_of_another_shape_is_refused_and_the_base_left_bare()
    {
        const string Name = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight";
        Save("lora", """{"rank": 4}""");

        Rewrite(tensors => tensors["base_model.model.extra"] = zeros(1));
        Assert.EndsWith("holds the tensor 'base_model.model.extra', for which this lora adapter has no place.", Refusal(),
            StringComparison.Ordinal);
        Rewrite(tensors => tensors.Remove("base_model.model.extra"));
        Rewrite(tensors => tensors[Name] = zeros(3, 32));
        Assert.EndsWith($"tensor '{Name}' has the shape [3, 32], but [4, 32] is needed.", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_is_none_is_refused()
    {
        Assert.Contains("adapter_config.json cannot be read", Refusal(), StringComparison.Ordinal);

        DurableFile.WriteText(Folder.File("adapter_config.json"), "[1]");
        Assert.EndsWith("adapter_config.json is not a JSON object.", Refusal(), StringComparison.Ordinal);

        DurableFile.WriteText(Folder.File("adapter_config.json"), """{"orchestrator": {"method": "lroa"}}""");
        Assert.Equal("There is no method 'lroa'. Did you mean 'lora'?", Refusal());

        DurableFile.WriteText(Folder.File("adapter_config.json"), """{"orchestrator": {"method": 3}}""");
        Assert.Contains("adapter_config.json has a field of the wrong kind", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Equal_adapters_are_saved_as_equal_bytes()
    {
        Save("conv-lora", "{}", TinyBase.Sam);
        var first = File.ReadAllBytes(Folder.File("adapter_model.safetensors"));

        Save("conv-lora", "{}", TinyBase.Sam);

        Assert.Equal(first, File.ReadAllBytes(Folder.File("adapter_model.safetensors")));
    }

    [Fact]
    public void The_fingerprint_tells_trainings_of_a_base_apart_but_not_precisions()
    {
        using var model = TinyBase.Llama.Load();
        var before = BaseFingerprint.Of(model, []);
        using var frozen = no_grad();

        foreach (var parameter in model.parameters())
            parameter.copy_(parameter.to(bfloat16));
        var rounded = BaseFingerprint.Of(model, []);
        model.ParameterOf("model.norm.weight").mul_(1.01);
        var changed = BaseFingerprint.Of(model, []);

        Assert.Equal(before, rounded);
        Assert.NotEqual(before, changed);
        Assert.Equal(BaseFingerprint.Of(model, ["model.norm.weight"]), BaseFingerprint.Of(model, ["model.norm.weight"]));
    }

    private void Save(string method, string options, TinyBase? tiny = null)
    {
        using var model = (tiny ?? TinyBase.Llama).Load();
        using var adapter = TinyBase.Attach(method, model, options, new AttachContext { Seed = 3 });
        AdapterFolder.Save(adapter, Folder.Path);
    }

    private string Refusal()
    {
        using var model = TinyBase.Llama.Load();
        var message = Assert.Throws<AdapterException>(() => AdapterFolder.Load(Folder.Path, model)).Message;
        Assert.All(model.Sites.Values, site => Assert.Empty(site.Adapters));
        return message;
    }

    private void Rewrite(Action<Dictionary<string, Tensor>> change)
    {
        var tensors = SafeTensorsFile.ReadAll(Folder.File("adapter_model.safetensors"));
        change(tensors);
        SafeTensorsFile.Write(Folder.File("adapter_model.safetensors"), tensors.Select(pair => (pair.Key, pair.Value)));
    }

    /// <summary>The fields that PEFT itself writes for a plain LoRA.</summary>
    private void PeftConfig(string targets, Action<JsonObject>? change = null)
    {
        var config = JsonNode.Parse($$"""
            {
              "alpha_pattern": {}, "auto_mapping": null, "base_model_name_or_path": "tiny", "bias": "none", "corda_config": null,
              "eva_config": null, "exclude_modules": null, "fan_in_fan_out": false, "inference_mode": true,
              "init_lora_weights": true, "layer_replication": null, "layers_pattern": null, "layers_to_transform": null,
              "loftq_config": {}, "lora_alpha": 8, "lora_bias": false, "lora_dropout": 0.0, "megatron_config": null,
              "megatron_core": "megatron.core", "modules_to_save": null, "peft_type": "LORA", "qalora_group_size": 16, "r": 4,
              "rank_pattern": {}, "revision": null, "target_modules": {{targets}}, "task_type": "CAUSAL_LM",
              "trainable_token_indices": null, "use_dora": false, "use_qalora": false, "use_rslora": false
            }
            """)!.AsObject();
        change?.Invoke(config);
        DurableFile.WriteText(Folder.File("adapter_config.json"), config.ToJsonString());
    }
}
