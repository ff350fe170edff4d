using System.Text.Json.Nodes;
using Adapters.Checkpoints;
using Adapters.Methods;
using Adapters.Models;
using Adapters.Tests.Methods;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Checkpoints;

public sealed class PlainLoraTests : TorchTest
{
    [Theory]
    [InlineData("lora", "pissa", "")]
    [InlineData("lora", "olora", "")]
    [InlineData("lora", "pissa", """, "rslora": true""")]
    [InlineData("lora", "pissa", """, "rank_pattern": ["v_proj=3"], "alpha_pattern": ["v_proj=5"]""")]
    [InlineData("lora", "pissa", """, "target_modules": ["q_proj", "embed_tokens"]""")]
    [InlineData("dora", "pissa", "")]
    [InlineData("longlora", "olora", "")]
    public void Twice_the_rank_computes_the_same_on_the_base_as_it_is(string method, string init, string more)
    {
        using var model = TinyBase.Llama.Load();
        using var adapter = TinyBase.Attach(method, model, $$"""{"rank": 4, "init": "{{init}}"{{more}}}""");
        TinyBase.Perturb(adapter);
        var expected = TinyBase.Evaluate(model);
        AdapterFolder.Save(adapter, Folder.File("started"));

        PlainLora.Export(Folder.File("started"), Folder.File("plain"));

        Assert.False(File.Exists(Path.Combine(Folder.File("plain"), "orchestrator.safetensors")));
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder.File("plain"), "adapter_config.json")))!.AsObject();
        Assert.Equal(8, (int)config["r"]!);
        Assert.True((bool)config["init_lora_weights"]!);
        AssertComputes(expected, "plain");
        if (method == "longlora")
            return; // PEFT's config does not say that it is one
        config.Remove("orchestrator");
        File.WriteAllText(Path.Combine(Folder.File("plain"), "adapter_config.json"), config.ToJsonString());
        AssertComputes(expected, "plain");
    }

    /// <summary>B = [1 2], A = 3 and the start B₀ = [4 5], A₀ = 6 at s = 2 / 1: the factors of rank 2 at 4 / 2.</summary>
    [Fact]
    public void What_is_subtracted_becomes_a_second_half_of_the_factors()
    {
        using (var stored = new StoredAdapter
        {
            Config = JsonNode.Parse("""{"peft_type": "LORA", "r": 1, "lora_alpha": 2, "init_lora_weights": "pissa"}""")!.AsObject(),
            Tensors = new Dictionary<string, Tensor>
            {
                ["base_model.model.lin.lora_A.weight"] = full([1, 1], 3.0, float32),
                ["base_model.model.lin.lora_B.weight"] = arange(1, 3, dtype: float32).reshape(2, 1),
            },
            Beside = new Dictionary<string, Tensor>
            {
                ["base_model.model.lin.initial_A"] = full([1, 1], 6.0, float32),
                ["base_model.model.lin.initial_B"] = arange(4, 6, dtype: float32).reshape(2, 1),
            },
        })
            stored.Write(Folder.File("started"));

        PlainLora.Export(Folder.File("started"), Folder.File("plain"));

        using var plain = StoredAdapter.Read(Folder.File("plain"));
        Assert.Equal([3f, -6], plain.Tensors["base_model.model.lin.lora_A.weight"].data<float>().ToArray());
        Assert.Equal([1f, 4, 2, 5], plain.Tensors["base_model.model.lin.lora_B.weight"].data<float>().ToArray());
        Assert.Equal((2, 4.0), ((int)plain.Config["r"]!, (double)plain.Config["lora_alpha"]!));
    }

    [Fact]
    public void What_is_plain_already_is_refused()
    {
        using var model = OneLayer.Linear(8, 8);
        using var adapter = model.Attach("lora", """{"rank": 2}""");
        AdapterFolder.Save(adapter, Folder.File("plain"));

        var refused = Assert.Throws<AdapterException>(() => PlainLora.Export(Folder.File("plain"), Folder.File("again")));

        Assert.EndsWith("took nothing from the base's weight: it is plain already.", refused.Message, StringComparison.Ordinal);
    }

    private void AssertComputes(Tensor expected, string folder)
    {
        using BaseModel fresh = TinyBase.Llama.Load();
        using var loaded = AdapterFolder.Load(Folder.File(folder), fresh);
        TensorAssert.Close(expected, TinyBase.Evaluate(fresh));
    }
}
