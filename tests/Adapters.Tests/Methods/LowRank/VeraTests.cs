using Adapters.Checkpoints;
using Adapters.Mechanisms;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.LowRank;

public sealed class VeraTests : TorchTest
{
    [Fact]
    public void Pefts_seed_gives_pefts_factors()
    {
        var tensors = OneLayer.Case("vera", "a");
        using var model = new OneLayer(tensors["base.lin.weight"]);

        using var adapter = TinyBase.Attach("vera", model, """{"rank": 4, "projection_seed": 7}""");

        TensorAssert.Close(tensors["in.lin.vera_A"], OneLayer.Kept(adapter, "vera_A"), 1e-7);
        TensorAssert.Close(tensors["in.lin.vera_B"], OneLayer.Kept(adapter, "vera_B"), 1e-7);
    }

    [Fact]
    public void The_update_is_the_product_with_both_scales_between_and_after()
    {
        using var model = new OneLayer(zeros(2, 2));
        using var adapter = TinyBase.Attach("vera", model, """{"rank": 2}""");
        OneLayer.Set(adapter, "vera_lambda_d", 1, 2);
        OneLayer.Set(adapter, "vera_lambda_b", 3, 4);
        var (a, b) = (OneLayer.Kept(adapter, "vera_A"), OneLayer.Kept(adapter, "vera_B"));

        var delta = ((LowRankAdapter)adapter.Sites["lin"]).Delta();

        TensorAssert.Close(diag(tensor([3f, 4f])).matmul(b).matmul(diag(tensor([1f, 2f]))).matmul(a), delta, 1e-6);
    }

    [Fact]
    public void One_pair_as_large_as_the_largest_layer_serves_all()
    {
        using var model = TinyBase.TiedLlama.Load(); // q maps 32 to 32 features, v 32 to 16

        using var adapter = TinyBase.Attach("vera", model, """{"rank": 4}""");

        Assert.Equal(["base_model.vera_A", "base_model.vera_B"], adapter.Kept.Select(kept => kept.Name));
        Assert.Equal([32, 4], OneLayer.Kept(adapter, "vera_B").shape);
        Assert.Equal(2 * (4 + 32 + 4 + 16), adapter.TrainableParameters);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    public void The_factors_are_in_the_file_or_come_from_the_seed(string save, bool saved)
    {
        using var model = TinyBase.Llama.Load();
        var options = $$"""{"rank": 4, "projection_seed": 3, "save_projection": {{save}}}""";
        using (var adapter = TinyBase.Attach("vera", model, options))
        {
            TinyBase.Perturb(adapter);
            AdapterFolder.Save(adapter, Folder.Path);
            var before = TinyBase.Evaluate(model);
            adapter.Dispose();

            using var loaded = AdapterFolder.Load(Folder.Path, model);
            Assert.True(before.equal(TinyBase.Evaluate(model)).all().item<bool>());
        }

        using var file = SafeTensorsFile.Open(Folder.File("adapter_model.safetensors"));
        Assert.Equal(saved, file.Entries.ContainsKey("base_model.vera_A"));
    }
}
