using System.Text.Json.Nodes;
using Adapters.Checkpoints;
using Adapters.Methods;
using Adapters.Models;
using Adapters.Models.Causal;
using Adapters.Models.Sam;
using Adapters.Models.Vit;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Models;

public sealed class ModelFolderTests : TorchTest
{
    [Theory]
    [InlineData("llama/gqa-tied")]
    [InlineData("llama/rope-llama3")]
    [InlineData("mistral/sliding-window")]
    [InlineData("qwen2/bias-tied")]
    [InlineData("vit/base")]
    [InlineData("sam/window-global")]
    public void A_saved_model_loads_back_bit_for_bit(string name)
    {
        using var model = ModelFolder.Load(Golden(name));

        ModelFolder.Save(model, Folder.Path);

        using var again = ModelFolder.Load(Folder.Path);
        Assert.Equal(Bits(model), Bits(again));
        Assert.Equal(model.Config.ToJsonString(), again.Config.ToJsonString());
        using var stored = SafeTensorsFile.Open(Folder.File("model.safetensors"));
        using var original = SafeTensorsFile.Open(Path.Combine(Golden(name), "model.safetensors"));
        Assert.Equal(original.Entries.Keys.Order(), stored.Entries.Keys.Order());
        Assert.Equal("pt", stored.Metadata["format"]);
    }

    [Fact]
    public void Shards_are_read_by_their_index()
    {
        var weights = CopyConfig("llama/mha");
        var half = weights.Count / 2;
        WriteShards(("one.safetensors", weights.Take(half)), ("two.safetensors", weights.Skip(half)));

        using var whole = ModelFolder.Load(Golden("llama/mha"));
        using var sharded = ModelFolder.Load(Folder.Path);

        Assert.Equal(Bits(whole), Bits(sharded));
    }

    [Theory]
    [InlineData("../one.safetensors", "shards must be files of the same folder")]
    [InlineData("three.safetensors", "three.safetensors cannot be read")]
    [InlineData("two.safetensors", "which does not hold it")]
    public void An_index_that_points_elsewhere_is_refused(string shard, string fault)
    {
        var weights = CopyConfig("llama/mha");
        var half = weights.Count / 2;
        WriteShards(("one.safetensors", weights.Take(half)), ("two.safetensors", weights.Skip(half)));
        var index = Folder.File("model.safetensors.index.json");
        var changed = JsonNode.Parse(File.ReadAllText(index))!;
        changed["weight_map"]![weights.First().Key] = shard;
        File.WriteAllText(index, changed.ToJsonString());

        Assert.Contains(fault, Refusal());
    }

    [Theory]
    [InlineData("llama/gqa-tied", "model.")]
    [InlineData("vit/base", "vit.")]
    public void Names_may_lack_the_base_prefix(string name, string prefix)
    {
        var weights = CopyConfig(name);
        Write(weights.Select(pair => (pair.Key.StartsWith(prefix) ? pair.Key[prefix.Length..] : pair.Key, pair.Value)));

        using var expected = ModelFolder.Load(Golden(name));
        using var loaded = ModelFolder.Load(Folder.Path);

        Assert.Equal(Bits(expected), Bits(loaded));
    }

    [Fact]
    public void Half_precision_is_widened_and_leftovers_of_old_files_are_passed_over()
    {
        var weights = CopyConfig("llama/gqa-tied");
        Write([
            .. weights.Select(pair => (pair.Key, pair.Value.to(bfloat16))),
            ("model.layers.0.self_attn.rotary_emb.inv_freq", zeros(4)),
            ("lm_head.weight", zeros(128, 32)),
        ]);

        using var model = ModelFolder.Load(Folder.Path);

        var parameter = model.ParameterOf("model.embed_tokens.weight");
        Assert.Equal(float32, parameter.dtype);
        Assert.Equal(weights["model.embed_tokens.weight"].to(bfloat16).to(float32).bytes, parameter.bytes);
    }

    [Fact]
    public void Every_missing_and_unexpected_weight_is_named()
    {
        var weights = CopyConfig("llama/mha");
        weights.Remove("model.norm.weight");
        weights.Remove("model.layers.1.mlp.up_proj.weight");
        weights["model.layers.1.mlp.up_proj.bias"] = zeros(64);
        weights["model.layers.2.mlp.up_proj.weight"] = zeros(1);
        Write(weights.Select(pair => (pair.Key, pair.Value)));

        var refusal = Refusal();

        Assert.Contains("Missing: model.layers.1.mlp.up_proj.weight, model.norm.weight.", refusal);
        Assert.Contains("Unexpected: model.layers.1.mlp.up_proj.bias, model.layers.2.mlp.up_proj.weight.", refusal);
    }

    [Fact]
    public void A_weight_of_another_shape_is_refused_by_name()
    {
        var weights = CopyConfig("llama/mha");
        weights["model.norm.weight"] = zeros(31);
        Write(weights.Select(pair => (pair.Key, pair.Value)));

        Assert.Contains("'model.norm.weight' has the shape [31], but [32] is needed", Refusal());
    }

    [Fact]
    public void A_base_without_its_head_loads_where_the_head_is_optional()
    {
        var weights = CopyConfig("vit/base");
        weights.Remove("classifier.weight");
        weights.Remove("classifier.bias");
        weights["pooler.dense.weight"] = zeros(32, 32);
        Write(weights.Select(pair => (pair.Key, pair.Value)));

        Assert.Contains("Missing: classifier.weight, classifier.bias. Unexpected: pooler.dense.weight.", Refusal());
        using var first = ModelFolder.Load(Folder.Path, headOptional: true);
        using var second = ModelFolder.Load(Folder.Path, headOptional: true);

        Assert.Equal(weights["vit.layernorm.weight"].bytes, first.ParameterOf("vit.layernorm.weight").bytes);
        Assert.NotEqual(0, first.ParameterOf("classifier.weight").abs().max().item<float>());
        Assert.Equal(Bits(first), Bits(second));
    }

    [Fact]
    public void Buffers_that_count_positions_mean_nothing()
    {
        var weights = CopyConfig("vit/base");
        weights["vit.embeddings.position_ids"] = arange(4);
        Write(weights.Select(pair => (pair.Key, pair.Value)));

        using var loaded = ModelFolder.Load(Folder.Path);

        Assert.DoesNotContain(loaded.named_buffers(), buffer => buffer.name.EndsWith("position_ids", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("mistral", 4, 4)] // the family's usual 8 do not divide 4
    [InlineData("mistral", 16, 8)]
    [InlineData("qwen2", 4, 4)]
    [InlineData("llama", 4, 4)]
    public void Absent_key_value_heads_are_the_familys_or_as_many_as_heads(string family, int heads, int keyValueHeads)
    {
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(Golden("llama/mha"), "config.json")))!.AsObject();
        (config["model_type"], config["num_attention_heads"], config["hidden_size"]) = (family, heads, 8 * heads);
        config.Remove("num_key_value_heads");
        config.Remove("head_dim");

        using var model = (CausalModel)ModelFolder.Create(config, seed: 0);

        Assert.Equal(8 * keyValueHeads, model.Sites["model.layers.0.self_attn.k_proj"].Outputs);
    }

    [Fact]
    public void Two_fields_that_scale_positions_are_refused()
    {
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(Golden("llama/mha"), "config.json")))!.AsObject();
        config["rope_parameters"] = new JsonObject { ["rope_type"] = "default" };
        config["rope_scaling"] = new JsonObject { ["type"] = "linear", ["factor"] = 2 };

        var refused = Assert.Throws<AdapterException>(() => ModelFolder.Create(config, seed: 0));

        Assert.Contains("'rope_parameters' and 'rope_scaling' are both there", refused.Message);
    }

    [Theory]
    [InlineData("model_type", "\"gpt2\"", "'gpt2' is not supported; known are llama, mistral, qwen2, sam, vision-language, vit")]
    [InlineData("model_type", "null", "names no 'model_type'; known are llama")]
    [InlineData("rope_scaling", """{"rope_type":"yarn","factor":2}""", "'yarn' of 'rope_scaling' is not supported")]
    [InlineData("rope_parameters", """{"rope_type":"longrope"}""", "'longrope' of 'rope_parameters' is not supported")]
    [InlineData("rope_scaling", """{"factor":2}""", "'rope_scaling.rope_type' must be a string, but is absent")]
    [InlineData("rope_scaling", """{"type":"linear","factor":0}""", "'rope_scaling.factor' must be a number above 0, but is 0")]
    [InlineData("hidden_act", "\"snake\"", "the activation 'snake' is not supported")]
    [InlineData("hidden_size", "\"wide\"", "'hidden_size' must be an integer from 1, but is \"wide\"")]
    [InlineData("hidden_size", "30", "'num_attention_heads' must be a divisor of hidden_size = 30, but is 4")]
    [InlineData("num_key_value_heads", "3", "'num_key_value_heads' must be a divisor of num_attention_heads = 4, but is 3")]
    [InlineData("head_dim", "7", "heads are 7 wide")]
    [InlineData("quantization_config", """{"quant_method":"gptq"}""", "quantised weights are not supported")]
    [InlineData("tie_word_embeddings", "1", "'tie_word_embeddings' must be true or false, but is 1")]
    public void What_a_config_asks_for_in_vain_is_refused_by_name(string field, string value, string fault)
    {
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(Golden("llama/mha"), "config.json")))!.AsObject();
        config[field] = JsonNode.Parse(value);

        Assert.Contains(fault, Assert.Throws<AdapterException>(() => ModelFolder.Create(config, seed: 0)).Message);
    }

    [Fact]
    public void A_folder_without_a_model_or_a_config_is_refused()
    {
        Assert.Contains("there is neither model.safetensors nor", Refusal());

        File.WriteAllBytes(Folder.File("pytorch_model.bin"), []);
        Assert.Contains("pytorch_model.bin holds pickled weights, which are not supported", Refusal());

        File.Copy(Path.Combine(Golden("llama/mha"), "model.safetensors"), Folder.File("model.safetensors"));
        Assert.Contains("config.json cannot be read", Refusal());

        File.WriteAllText(Folder.File("config.json"), "{");
        Assert.Contains("config.json cannot be read", Refusal());

        File.WriteAllText(Folder.File("config.json"), """{"model_type":"llama","model_type":"vit"}""");
        Assert.Contains("config.json cannot be read", Refusal());

        File.WriteAllText(Folder.File("config.json"), "[]");
        Assert.Contains("config.json is not a JSON object", Refusal());
    }

    [Theory]
    [InlineData("llama/mha")]
    [InlineData("vit/base")]
    [InlineData("sam/window-global")]
    public void Equal_seeds_give_equal_weights_and_others_do_not(string name)
    {
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(Golden(name), "config.json")))!.AsObject();

        using var first = ModelFolder.Create(config, seed: 4);
        using var second = ModelFolder.Create(config, seed: 4);
        using var third = ModelFolder.Create(config, seed: 5);

        Assert.Equal(Bits(first), Bits(second));
        Assert.NotEqual(Bits(first), Bits(third));
    }

    [Fact]
    public void Fresh_weights_have_the_deviation_of_the_reference_and_less_into_the_residual_stream()
    {
        using var model = ModelFolder.Create(Nano(), seed: 1);

        Assert.Equal(0.02, Deviation("model.layers.0.mlp.up_proj.weight"), 4e-4);
        Assert.Equal(0.02, Deviation("model.embed_tokens.weight"), 4e-4);
        Assert.Equal(0.02 / Math.Sqrt(8), Deviation("model.layers.3.mlp.down_proj.weight"), 2e-4);
        Assert.Equal(0.02 / Math.Sqrt(8), Deviation("model.layers.0.self_attn.o_proj.weight"), 2e-4);
        Assert.Equal(1, model.ParameterOf("model.norm.weight").min().item<float>());

        double Deviation(string name) => model.ParameterOf(name).std().item<float>();
    }

    [Fact]
    public void Published_models_have_their_published_number_of_parameters()
    {
        Assert.Equal(1_000_576, ParametersOf(Nano()));
        Assert.Equal(1_100_048_384, ParametersOf(Fields("llama", ("hidden_size", 2048), ("intermediate_size", 5632),
            ("num_hidden_layers", 22), ("num_key_value_heads", 4)))); // TinyLlama-1.1B
        Assert.Equal(6_738_415_616, ParametersOf(Fields("llama"))); // Llama-2-7B
        Assert.Equal(7_241_732_096, ParametersOf(Fields("mistral"))); // Mistral-7B-v0.1
        Assert.Equal(494_032_768, ParametersOf(Fields("qwen2", ("hidden_size", 896), ("intermediate_size", 4864),
            ("num_hidden_layers", 24), ("num_attention_heads", 14), ("num_key_value_heads", 2),
            ("tie_word_embeddings", true)))); // Qwen2-0.5B
        Assert.Equal(86_567_656, ParametersOf(Fields("vit", ("num_labels", 1000)))); // vit-base-patch16-224
        Assert.Equal(93_735_472, ParametersOf(Fields("sam"))); // sam-vit-base
    }

    private static JsonObject Nano() => Fields("llama", ("vocab_size", 2048), ("hidden_size", 128), ("num_hidden_layers", 4),
        ("num_attention_heads", 4), ("num_key_value_heads", 2), ("intermediate_size", 352), ("tie_word_embeddings", true));

    private static JsonObject Fields(string family, params (string Field, JsonNode Value)[] fields)
    {
        var config = new JsonObject { ["model_type"] = family };
        foreach (var (field, value) in fields)
            config[field] = value;
        return config;
    }

    private static long ParametersOf(JsonObject config)
    {
        using var model = ModelFamilies.Create(config, new Device(DeviceType.META)); // shapes without memory
        return model.parameters().Sum(parameter => parameter.numel());
    }

    private static string Golden(string name) => GoldenFiles.Of("models", name);

    private static byte[] Bits(BaseModel model)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var pixels = arange(3 * 64 * 64, dtype: float32).sin();
        return [.. (model switch
        {
            CausalModel causal => causal.Logits(arange(12).unsqueeze(0)),
            VitModel vit => vit.Logits(pixels.narrow(0, 0, 3 * 32 * 32).view(1, 3, 32, 32)),
            _ => ((SamModel)model).MaskLogits(pixels.view(1, 3, 64, 64)),
        }).contiguous().bytes];
    }

    private string Refusal() => Assert.Throws<AdapterException>(() => ModelFolder.Load(Folder.Path)).Message;

    private Dictionary<string, Tensor> CopyConfig(string name)
    {
        File.Copy(Path.Combine(Golden(name), "config.json"), Folder.File("config.json"));
        return SafeTensorsFile.ReadAll(Path.Combine(Golden(name), "model.safetensors"));
    }

    private void Write(IEnumerable<(string, Tensor)> weights) => SafeTensorsFile.Write(Folder.File("model.safetensors"), weights);

    private void WriteShards(params (string Name, IEnumerable<KeyValuePair<string, Tensor>> Weights)[] shards)
    {
        var map = new JsonObject();
        foreach (var (name, weights) in shards)
        {
            SafeTensorsFile.Write(Folder.File(name), weights.Select(pair => (pair.Key, pair.Value)));
            foreach (var (tensor, _) in weights)
                map[tensor] = name;
        }
        File.WriteAllText(Folder.File("model.safetensors.index.json"), new JsonObject { ["weight_map"] = map }.ToJsonString());
    }
}
