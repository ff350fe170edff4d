using System.Text.Json.Nodes;
using Adapters.Checkpoints;
using Adapters.Mechanisms;
using Adapters.Methods;
using Xunit;

namespace Adapters.Tests.Methods;

/// <summary>Which layers are adapted, how large, and what is trained along: PEFT's rules, but that nothing is passed over.</summary>
public sealed class TargetOptionsTests : TorchTest
{
    [Theory]
    [InlineData("""{"target_modules": ["q_proj"]}""", "layers.0.self_attn.q_proj", "layers.1.self_attn.q_proj")]
    [InlineData("""{"target_pattern": ".*1.*_attn\\.[qk]_proj"}""", "layers.1.self_attn.q_proj", "layers.1.self_attn.k_proj")]
    [InlineData("""{"target_modules": ["q_proj", "o_proj"], "exclude_modules": ["o_proj"]}""",
        "layers.0.self_attn.q_proj", "layers.1.self_attn.q_proj")]
    [InlineData("""{"target_modules": ["q_proj"], "exclude_pattern": ".*0.*"}""", "layers.1.self_attn.q_proj")]
    [InlineData("""{"target_modules": ["q_proj", "embed_tokens"], "layers_to_transform": [1]}""", "layers.1.self_attn.q_proj")]
    [InlineData("""{"target_modules": ["q_proj"], "layers_to_transform": [0], "layers_pattern": ["layers"]}""",
        "layers.0.self_attn.q_proj")]
    [InlineData("""{"target_modules": ["all-linear"], "modules_to_save": ["mlp"], "layers_to_transform": [0]}""",
        "layers.0.self_attn.q_proj", "layers.0.self_attn.k_proj", "layers.0.self_attn.v_proj", "layers.0.self_attn.o_proj")]
    public void Options_say_which_layers(string options, params string[] layers)
    {
        using var model = TinyBase.Llama.Load();
        using var adapter = TinyBase.Attach("lora", model, options);

        Assert.Equal(layers.Select(layer => $"model.{layer}"), adapter.Sites.Keys);
    }

    [Theory]
    [InlineData("""{"exclude_modules": ["z_proj"]}""", "Option 'exclude_modules' of method 'lora' names 'z_proj', "
        + "but the llama base has no adaptable layer of that name.")]
    [InlineData("""{"target_pattern": "["}""", "Option 'target_pattern' of method 'lora' is '[', which is no regular expression: ")]
    [InlineData("""{"target_pattern": ".*", "target_modules": ["q_proj"]}""",
        "Option 'target_pattern' of method 'lora' is '.*', but target_modules is given too; one of them says it all.")]
    [InlineData("""{"layers_to_transform": [7]}""", "The options of method 'lora' leave no layer of the llama base to adapt.")]
    [InlineData("""{"modules_to_save": ["lm_haed"]}""", "Option 'modules_to_save' of method 'lora' names 'lm_haed', but the llama base has "
        + "no such module. Did you mean 'lm_head'?")]
    [InlineData("""{"rank_pattern": ["q_proj"]}""", "Option 'rank_pattern' has the entry 'q_proj', but must have entries like q_proj=4.")]
    public void What_means_nothing_is_refused_with_the_value(string options, string message)
    {
        using var model = TinyBase.Llama.Load();

        var refused = Assert.Throws<AdapterException>(() => TinyBase.Attach("lora", model, options));

        Assert.StartsWith(message, refused.Message, StringComparison.Ordinal);
        Assert.All(model.Sites.Values, site => Assert.Empty(site.Adapters));
    }

    [Fact]
    public void Ranks_and_scales_go_by_the_first_pattern_that_fits_the_end_of_a_name()
    {
        using var model = TinyBase.Llama.Load();
        using var adapter = TinyBase.Attach("lora", model, """
            {"rank": 8, "alpha": 8, "rank_pattern": ["1.self_attn.q_proj=2", "q_proj=4"], "alpha_pattern": ["v_proj=32"]}
            """);

        var ranks = adapter.Trainable.Where(pair => pair.Name.Contains("lora_A", StringComparison.Ordinal))
            .Select(pair => pair.Parameter.shape[0]);
        var scales = adapter.Sites.Values.Cast<LowRankDelta>().Select(delta => delta.Scale);

        Assert.Equal([4L, 8, 2, 8], ranks);
        Assert.Equal([2.0, 4, 4, 4], scales);
    }

    [Fact]
    public void A_folder_says_it_in_pefts_words_and_is_read_from_them()
    {
        using var model = TinyBase.Llama.Load();
        const string Options = """
            {"rank": 4, "target_pattern": ".*(q|v)_proj", "exclude_modules": ["v_proj"], "layers_to_transform": [1],
             "modules_to_save": ["lm_head"], "rank_pattern": ["q_proj=2"]}
            """;
        using (var adapter = TinyBase.Attach("lora", model, Options))
        {
            TinyBase.Perturb(adapter);
            AdapterFolder.Save(adapter, Folder.Path);
        }

        var path = Folder.File("adapter_config.json");
        var config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        config.Remove("orchestrator");
        DurableFile.WriteText(path, config.ToJsonString());
        using var loaded = AdapterFolder.Load(Folder.Path, model);

        Assert.Equal(".*(q|v)_proj", (string?)config["target_modules"]);
        Assert.Equal("""["v_proj"]""", config["exclude_modules"]!.ToJsonString());
        Assert.Equal("""{"q_proj":2}""", config["rank_pattern"]!.ToJsonString());
        Assert.Equal("""["lm_head"]""", config["modules_to_save"]!.ToJsonString());
        Assert.Equal(["model.layers.1.self_attn.q_proj"], loaded.Sites.Keys);
        Assert.Equal(["base_model.model.lm_head.weight"],
            loaded.Trainable.Select(pair => pair.Name).Where(name => !name.Contains("lora_", StringComparison.Ordinal)));
    }
}
