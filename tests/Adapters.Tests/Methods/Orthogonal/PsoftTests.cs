using Adapters.Checkpoints;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Orthogonal;

public sealed class PsoftTests : TorchTest
{
    [Theory]
    [InlineData("psoft_init")]
    [InlineData("pissa_init")]
    public void Stretching_alone_stretches_the_largest_singular_values(string init)
    {
        using var model = OneLayer.Linear(diag(tensor(new float[] { 5, 3, 2 })));
        using var adapter = model.Attach("psoft", $$"""{"rank": 2, "alpha": 7, "init": "{{init}}"}""", perturbed: false);
        OneLayer.Set(adapter, "psoft_R.vector_a", tensor(new float[] { 2, 1 }));
        OneLayer.Set(adapter, "psoft_R.vector_b", tensor(new float[] { 1, 4 }));

        OneLayer.AssertComputes(adapter, diag(tensor(new float[] { 10, 12, 2 })), null, 1e-6);
    }

    [Fact]
    public void A_quarter_turn_swaps_the_directions_that_the_largest_values_belong_to()
    {
        using var model = OneLayer.Linear(diag(tensor(new float[] { 5, 3, 2 })));
        using var adapter = model.Attach("psoft", """{"rank": 2}""", perturbed: false);
        OneLayer.Set(adapter, "psoft_R.weight", ones(1));

        adapter.Merge();

        // R = [[0, 1], [-1, 0]] but for signs: outputs scaled by 5 and 3 see the other's input.
        TensorAssert.Close(tensor(new float[,] { { 0, 5, 0 }, { 3, 0, 0 }, { 0, 0, 2 } }), model.Layer.Weight.abs(), 1e-6);
        Assert.True((model.Layer.Weight[0, 1] * model.Layer.Weight[1, 0]).item<float>() < 0);
    }

    [Fact]
    public void Without_rotation_or_stretching_all_of_r_is_trained()
    {
        using var model = OneLayer.Linear(6, 5);
        using var adapter = model.Attach("psoft",
            """{"rank": 3, "orthogonal": false, "stretch_inputs": false, "stretch_outputs": false}""");
        var (u, s, vt) = linalg.svd(model.Layer.Weight, fullMatrices: false);
        var r = OneLayer.Trained(adapter, "psoft_R.weight");

        var update = (u * s).narrow(1, 0, 3).matmul(r - eye(3)).matmul(vt.narrow(0, 0, 3));

        Assert.Equal(9, adapter.TrainableParameters);
        OneLayer.AssertComputes(adapter, model.Layer.Weight + update, model.Layer.Bias);
    }

    [Fact]
    public void The_series_is_of_a_matrix_whose_norm_is_held_to_the_limit()
    {
        using var model = OneLayer.Linear(6, 5);
        using var limited = model.Attach("psoft", """{"rank": 2, "cayley_neumann": true, "cayley_neumann_eps": 0.5}""", perturbed: false);
        OneLayer.Set(limited, "psoft_R.weight", tensor(new float[] { 3 }));
        var x = ones(1, 6);
        var held = model.Evaluate(x);
        limited.Dispose();

        using var free = model.Attach("psoft", """{"rank": 2, "cayley_neumann": true}""", perturbed: false);
        OneLayer.Set(free, "psoft_R.weight", tensor(new[] { (float)(0.5 / Math.Sqrt(2)) }));

        TensorAssert.Close(model.Evaluate(x), held, 1e-6);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_random_projection_finds_the_same_directions(bool isWide)
    {
        var turn = tensor(new float[,] { { 1, 1, 1, 1 }, { 1, -1, 1, -1 }, { 1, 1, -1, -1 }, { 1, -1, -1, 1 } }) / 2;
        var weight = turn.narrow(0, 0, 3).matmul(diag(tensor(new float[] { 1, 8, 3, 0.5f }))).matmul(turn);
        using var model = OneLayer.Linear(isWide ? weight : weight.t());
        var x = arange(1, model.Layer.Inputs + 1, dtype: float32).unsqueeze(0);

        TensorAssert.Close(Stretched("full"), Stretched("lowrank"));

        Tensor Stretched(string svd)
        {
            using var adapter = model.Attach("psoft", $$"""{"rank": 2, "svd": "{{svd}}"}""", perturbed: false);
            OneLayer.Set(adapter, "psoft_R.vector_a", tensor(new float[] { 2, 3 }));
            return model.Evaluate(x);
        }
    }

    [Fact]
    public void The_directions_are_saved_beside_the_adapter_with_their_signs()
    {
        using var model = OneLayer.Linear(6, 5);
        using var adapter = model.Attach("psoft", """{"rank": 3}""");
        var x = ones(1, 6);
        using (no_grad())
            foreach (var kept in adapter.Kept)
                kept.Tensor.mul_(tensor(new float[] { -1, 1, 1 }).reshape(kept.Name.EndsWith('A') ? [3, 1] : [1, 3]));
        var before = model.Evaluate(x);

        AdapterFolder.Save(adapter, Folder.File("saved"));
        adapter.Dispose();
        using var loaded = AdapterFolder.Load(Folder.File("saved"), model);

        Assert.True(before.equal(model.Evaluate(x)).all().item<bool>());
        Assert.Equal("full", (string?)loaded.Config["psoft_svd"]);
    }
}
