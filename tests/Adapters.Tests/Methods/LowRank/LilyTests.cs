using Adapters.Checkpoints;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.LowRank;

public sealed class LilyTests : TorchTest
{
    [Fact]
    public void Factors_are_mixed_by_the_mean_of_the_routers_choice_over_all_positions()
    {
        using var model = new OneLayer(zeros(1, 1));
        using var adapter = TinyBase.Attach("lily", model, """{"rank": 1, "scaling": 2}""");
        OneLayer.Set(adapter, "lily_A.weight", 1);
        OneLayer.Set(adapter, "lily_B.weight", 10, 30);
        OneLayer.Set(adapter, "lily_router.weight", 0, 1);
        var ln3 = MathF.Log(3); // the router gives its input's position 1/4 and 3/4, that of 0 a half each

        var y = model.Layer.call(OneLayer.Matrix(2, ln3, 0));

        TensorAssert.Close(OneLayer.Matrix(2, 2 * ln3 * (3 / 8f * 10 + 5 / 8f * 30), 0), y, 1e-6);
        Assert.NotNull(adapter.MergeObstacle);
    }

    [Fact]
    public void Layers_of_a_name_share_and_each_file_holds_what_they_share_under_each()
    {
        using var model = TinyBase.Sam.Load(); // four layers of one kind
        using var adapter = TinyBase.Attach("lily", model, """{"rank": 2, "stride": 2}""");
        TinyBase.Perturb(adapter);
        var before = TinyBase.Evaluate(model);

        AdapterFolder.Save(adapter, Folder.Path);
        var tensors = SafeTensorsFile.ReadAll(Folder.File("adapter_model.safetensors"));
        var layers = adapter.Sites.Keys.Order(StringComparer.Ordinal).Select(name => $"base_model.model.{name}.").ToList();

        Assert.Equal(4 + 2 + 1, adapter.Trainable.Count); // routers, an A for every two, a B
        Assert.Equal(3 * 4, tensors.Count);
        Assert.All(layers, layer => Assert.True(Same("lily_B.weight", layers[0], layer)));
        Assert.True(Same("lily_A.weight", layers[0], layers[1]) && Same("lily_A.weight", layers[2], layers[3]));
        Assert.False(Same("lily_A.weight", layers[1], layers[2]));
        adapter.Dispose();
        using var loaded = AdapterFolder.Load(Folder.Path, model);
        Assert.True(before.equal(TinyBase.Evaluate(model)).all().item<bool>());

        bool Same(string key, string first, string second) => tensors[first + key].equal(tensors[second + key]).all().item<bool>();
    }
}
