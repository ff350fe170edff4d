using Adapters.Checkpoints;
using Adapters.Methods;
using Adapters.Models;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Tests.Methods;

/// <summary>The projections within a fused layer, adapted alone.</summary>
public sealed class FusedPartsTests : TorchTest
{
    private const string Queries = """{"target_modules": ["q", "v"]}""";
    private static readonly string[] Mixed = ["qkv", "q", "v"];

    /// <summary>Every method that chooses layers of any base.</summary>
    public static TheoryData<string> Methods => [.. MethodCatalogue.All
        .Where(method => !method.ComposesExperts && method.Families.Count == 0
            && method.Options.Options.Any(option => option.Name == "target_modules"))
        .Select(method => method.Id)];

    [Fact]
    public void Each_part_gets_an_update_of_its_own_and_the_others_none()
    {
        using var model = OneLayer.Fused(5, 4);
        var x = arange(30, dtype: float32).mul(0.7).sin().view(2, 3, 5);
        var bare = model.Evaluate(x);
        using var adapter = model.Attach("lora", """{"rank": 2, "alpha": 6, "target_modules": ["q", "v"]}""");

        Assert.Equal(["lin.q", "lin.v"], adapter.Sites.Keys);
        Assert.Equal(2 * 2 * (5 + 4), adapter.TrainableParameters);
        var y = model.Evaluate(x);
        TensorAssert.Close(bare.narrow(-1, 0, 4) + Update("q"), y.narrow(-1, 0, 4), 1e-6);
        Assert.True(Same(bare.narrow(-1, 4, 4), y.narrow(-1, 4, 4)));
        TensorAssert.Close(bare.narrow(-1, 8, 4) + Update("v"), y.narrow(-1, 8, 4), 1e-6);

        Tensor Update(string part) => 3 * x.matmul(OneLayer.Trained(adapter, $"{part}.lora_A.weight").t())
            .matmul(OneLayer.Trained(adapter, $"{part}.lora_B.weight").t());
    }

    [Theory, MemberData(nameof(Methods))]
    public void Every_method_adapts_them_as_it_does_whole_layers(string method) =>
        AssertAdapts(method, () => OneLayer.Fused(32, 32));

    [Theory]
    [InlineData("lora")]
    [InlineData("dora")]
    [InlineData("oft")]
    [InlineData("conv-lora")]
    public void In_the_attention_of_an_image_encoder_they_are_adapted_too(string method) => AssertAdapts(method, TinyBase.Sam.Load);

    [Theory]
    [InlineData("lora")]
    [InlineData("dora")]
    [InlineData("oft")]
    public void They_leave_no_tensor_behind(string method)
    {
        using var model = TinyBase.Sam.Load();
        Use(); // whatever is made once and kept

        var before = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Use();

        Assert.Equal(before, TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        void Use()
        {
            using var scope = NewDisposeScope();
            using var adapter = TinyBase.Attach(method, model, Queries);
            TinyBase.Loss(adapter).backward();
            TinyBase.Evaluate(model);
            adapter.Merge();
        }
    }

    [Fact]
    public void Adapters_of_the_whole_and_of_parts_stand_around_each_other_as_they_were_attached()
    {
        using var model = OneLayer.Fused(4, 4);
        var x = arange(24, dtype: float32).mul(0.7).sin().view(2, 3, 4);
        using var norms = model.Attach("dora", """{"rank": 2, "target_modules": ["k", "v"]}""");
        using var turned = model.Attach("oft", """{"block_size": 2, "target_modules": ["lin"]}""");
        using var updated = model.Attach("lora", """{"rank": 2, "target_modules": ["q", "v"]}""");
        var beside = model.Evaluate(x);

        // v: the update, around the rotation of what goes into the row norms' edit; q: without the latter; k: without the former.
        var (layer, turn, site) = ((LinearSite)model.Layer, Folded(turned, "lin"), model.Layer);
        TensorAssert.Close(functional.linear(x, turn(layer.Parts[0].Weight) + Delta("q"), layer.Parts[0].Bias), Rows(beside, 0));
        TensorAssert.Close(functional.linear(x, turn(Folded(norms, "lin.k")(layer.Parts[1].Weight)), layer.Parts[1].Bias), Rows(beside, 4));
        TensorAssert.Close(
            functional.linear(x, turn(Folded(norms, "lin.v")(layer.Parts[2].Weight)) + Delta("v"), layer.Parts[2].Bias), Rows(beside, 8));
        TensorAssert.Close(Rows(beside, 8), layer.Parts[2].call(x).detach());

        foreach (var adapter in new[] { norms, turned, updated })
            adapter.Merge();
        TensorAssert.Close(beside, model.Evaluate(x));
        updated.Weight = 0;
        norms.IsActive = false;
        TensorAssert.Close(functional.linear(x, turn(Original(site)), layer.Bias), model.Evaluate(x));
        updated.Unmerge();
        turned.Unmerge();
        norms.Unmerge();
        (updated.Weight, norms.IsActive) = (1, true);
        Assert.True(Same(beside, model.Evaluate(x)));

        Tensor Delta(string part) => ((Adapters.Mechanisms.ParallelAdapter)updated.Sites[$"lin.{part}"]).Delta();

        static Tensor Rows(Tensor y, long first) => y.narrow(-1, first, 4);
    }

    [Fact]
    public void A_mixture_takes_experts_of_parts_and_of_wholes()
    {
        using var bare = TinyBase.Sam.Load();
        string[] experts = [Expert("parts", Queries), Expert("wholes", """{"target_modules": ["qkv"]}""")];

        using var mixture = TinyBase.Attach("mole", bare, """{"granularity": "layer"}""", new AttachContext { Experts = experts });

        Assert.Equal(Mixed, mixture.Sites.Keys.Take(3).Select(name => name[(name.LastIndexOf('.') + 1)..]));
        TinyBase.Loss(mixture).backward();
        Assert.All(mixture.Trainable, pair => Assert.NotNull(pair.Parameter.grad));

        string Expert(string folder, string options)
        {
            using var model = TinyBase.Sam.Load();
            return TinyBase.Expert(model, Folder.File(folder), seed: 1, options);
        }
    }

    [Theory]
    [InlineData("""{"rank": 2, "target_modules": ["q", "v"]}""", 4)]
    [InlineData("""{"rank": 2, "target_modules": ["q", "v", "proj"], "rank_pattern": ["q=3"], "alpha_pattern": ["v=5"]}""", 5)]
    [InlineData("""{"rank": 2, "target_modules": ["q", "v"], "rslora": true, "lora_bias": true, "layers_to_transform": [1]}""", 4)]
    [InlineData("""{"rank": 2, "target_pattern": ".*[qk]", "exclude_modules": ["layers.0.attn.qkv.k"], "init": "pissa"}""", 8)]
    public void Exported_they_are_one_plain_update_of_the_whole_with_zero_rows(string options, int rank)
    {
        using var model = TinyBase.Sam.Load();
        using var adapter = TinyBase.Attach("lora", model, options);
        TinyBase.Perturb(adapter);
        var expected = TinyBase.Evaluate(model);
        AdapterFolder.Save(adapter, Folder.File("parts"));

        PlainLora.Export(Folder.File("parts"), Folder.File("plain"));

        using (var loaded = Loaded())
        {
            Assert.Equal(rank, (int)loaded.Config["r"]!);
            Assert.All(loaded.Sites.Keys, name => Assert.True(name.EndsWith(".qkv", StringComparison.Ordinal) || name.Contains("proj")));
        }

        var file = Path.Combine(Folder.File("plain"), "adapter_config.json");
        var config = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        Assert.True(config.Remove("orchestrator")); // PEFT's own words say the same
        File.WriteAllText(file, config.ToJsonString());
        Loaded().Dispose();

        Adapter Loaded()
        {
            var fresh = TinyBase.Sam.Load();
            var loaded = AdapterFolder.Load(Folder.File("plain"), fresh);
            TensorAssert.Close(expected, TinyBase.Evaluate(fresh));
            return loaded;
        }
    }

    [Fact]
    public void What_is_equal_to_nothing_on_the_whole_layer_is_not_exported()
    {
        using var model = TinyBase.Sam.Load();
        using var adapter = TinyBase.Attach("dora", model, Queries);
        AdapterFolder.Save(adapter, Folder.File("parts"));

        var refused = Assert.Throws<AdapterException>(() => PlainLora.Export(Folder.File("parts"), Folder.File("plain")));

        Assert.EndsWith("holds an adapter of the method 'dora' on vision_encoder.layers.0.attn.qkv.q, a part of a layer, which no such "
            + "adapter of the whole layer is equal to.", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"target_modules": ["attn.qkv.q"], "layers_to_transform": [1]}""", "q")]
    [InlineData("""{"target_modules": ["qkv"], "layers_to_transform": [0, 3]}""", "qkv", "qkv")]
    [InlineData("""{"target_modules": ["q", "k", "v"], "exclude_modules": ["k"], "layers_to_transform": [1]}""", "q", "v")]
    [InlineData("""{"target_modules": ["q", "proj"], "exclude_modules": ["qkv"], "layers_to_transform": [2]}""", "proj")]
    [InlineData("""{"target_pattern": "vision.*0.attn.*"}""", "qkv", "proj")] // a part of what is meant whole is not meant
    [InlineData("""{"target_pattern": ".*[12].*\\.k"}""", "k", "k")]
    [InlineData("""{"target_modules": ["all-linear"], "layers_to_transform": [0]}""", "qkv", "proj", "lin1", "lin2")]
    public void They_are_named_behind_the_layer_or_alone(string options, params string[] ends)
    {
        using var model = TinyBase.Sam.Load();
        using var adapter = TinyBase.Attach("lora", model, options);

        Assert.Equal(ends, adapter.Sites.Keys.Select(name => name[(name.LastIndexOf('.') + 1)..]));
    }

    [Theory]
    [InlineData("""{"target_modules": ["qkv.w"]}""", "Option 'target_modules' of method 'lora' names 'qkv.w', but the sam base has no "
        + "adaptable layer of that name. Did you mean 'qkv.k'?")]
    [InlineData("""{"target_modules": ["q", "qkv"]}""", "Option 'target_modules' of method 'lora' means vision_encoder.layers.0.attn.qkv.q "
        + "and the layer that it is a part of; name one of the two.")]
    [InlineData("""{"target_modules": ["qkv"], "exclude_modules": ["k"]}""", "Option 'exclude_modules' of method 'lora' leaves out "
        + "vision_encoder.layers.0.attn.qkv.k, but the layer that it is a part of is adapted whole; name the other parts in "
        + "target_modules instead.")]
    public void What_means_no_part_is_refused(string options, string message)
    {
        using var model = TinyBase.Sam.Load();

        Assert.Equal(message, Assert.Throws<AdapterException>(() => TinyBase.Attach("lora", model, options)).Message);
    }

    [Fact]
    public void Biases_of_adapted_layers_are_trained_whole()
    {
        using var model = TinyBase.Sam.Load();
        using var adapter = TinyBase.Attach("lora", model, """{"target_modules": ["q"], "bias": "lora_only"}""");

        Assert.Equal(4, adapter.Trainable.Count(pair => pair.Name.EndsWith(".attn.qkv.bias", StringComparison.Ordinal)));
    }

    private void AssertAdapts(string method, Func<BaseModel> load)
    {
        var registered = MethodCatalogue.Find(method);
        using var model = load();
        var bare = TinyBase.Evaluate(model);
        using var adapter = TinyBase.Attach(method, model, Queries);
        Assert.All(adapter.Sites.Keys, name => Assert.True(name[^2..] is ".q" or ".v"));
        Assert.Equal(registered.StartsAt is null, Same(bare, TinyBase.Evaluate(model)));

        TinyBase.Loss(adapter).backward();
        Assert.All(adapter.Trainable, pair => Assert.NotNull(pair.Parameter.grad));
        Assert.All(model.parameters(), parameter => Assert.Null(parameter.grad));

        TinyBase.Perturb(adapter, deviation: 0.03);
        var beside = TinyBase.Evaluate(model);
        AdapterFolder.Save(adapter, Folder.Path);
        using var again = load();
        using (AdapterFolder.Load(Folder.Path, again))
            Assert.True(Same(beside, TinyBase.Evaluate(again)));

        if (adapter.MergeObstacle is null)
        {
            var qkv = model.Sites[adapter.Sites.Keys.First()[..^2]];
            var (weight, bias) = (qkv.Weight.clone(), qkv.Bias!.clone());
            adapter.Merge();
            TensorAssert.Close(beside, TinyBase.Evaluate(model));
            var keys = qkv.Parts[1];
            Assert.True(Same(keys.RowsOf(weight), keys.Weight) && Same(keys.RowsOf(bias), keys.Bias!));
            Assert.False(Same(weight, qkv.Weight) && Same(bias, qkv.Bias!));
            adapter.Unmerge();
            Assert.True(Same(beside, TinyBase.Evaluate(model)));
        }

        adapter.Dispose();
        Assert.True(Same(bare, TinyBase.Evaluate(model)));
    }

    private static Func<Tensor, Tensor> Folded(Adapter adapter, string site) => matrix =>
        adapter.Sites[site].Fold(new Adapters.Mechanisms.LayerWeights(matrix, Bias: null)).Matrix;

    private static Tensor Original(Site site)
    {
        using var other = OneLayer.Fused(site.Inputs, site.Outputs / 3); // of the same seed
        return other.Layer.Weight.clone();
    }

    private static bool Same(Tensor left, Tensor right) => left.equal(right).all().item<bool>();
}
