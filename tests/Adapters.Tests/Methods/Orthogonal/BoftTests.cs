using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Orthogonal;

public sealed class BoftTests : TorchTest
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_computes_with_the_product_of_the_factors_and_leaves_the_bias(int factors)
    {
        using var model = OneLayer.Linear(16, 5);
        using var adapter = model.Attach("boft", $$"""{"n_butterfly_factor": {{factors}}}""");
        var r = eye(16);
        for (var factor = 0; factor < factors; factor++)
            r = Factor(OneLayer.Trained(adapter, "boft_R")[factor], factor).matmul(r);

        var matrix = OneLayer.Trained(adapter, "boft_s") * model.Layer.Weight.matmul(r.t());

        OneLayer.AssertComputes(adapter, matrix, model.Layer.Bias);
        TensorAssert.Close(eye(16), r.matmul(r.t()));
    }

    [Fact]
    public void A_convolution_is_turned_and_scaled_as_a_matrix()
    {
        using var model = OneLayer.Convolution(2, 3);
        using var adapter = model.Attach("boft", """{"block_size": 6}""");
        var r = Factor(OneLayer.Trained(adapter, "boft_R")[0], 0);

        var matrix = OneLayer.Trained(adapter, "boft_s").reshape(-1, 1) * model.Layer.Weight.flatten(1).matmul(r.t());

        OneLayer.AssertComputes(adapter, matrix, model.Layer.Bias);
    }

    [Fact]
    public void Dropout_leaves_its_share_of_one_factors_blocks_unturned_in_training_only()
    {
        using var model = OneLayer.Linear(eye(16));
        using var adapter = model.Attach("boft", """{"dropout": 0.5}""");
        OneLayer.Set(adapter, "boft_s", ones(16, 1));
        var x = ones(1, 16);
        var turned = model.Evaluate(x).reshape(4, 4);

        model.train();
        manual_seed(2);
        var thinned = model.Layer.call(x).detach().reshape(4, 4);

        var unturned = (thinned - 1).abs().amax([1]) < 1e-6;
        Assert.Equal(2, unturned.sum().item<long>());
        TensorAssert.Close(turned[unturned.logical_not()], thinned[unturned.logical_not()], 1e-6);
    }

    [Fact]
    public void Refuses_blocks_that_cannot_be_shuffled_so_often_with_the_value()
    {
        using var model = OneLayer.Linear(12, 5);

        Assert.Contains("'n_butterfly_factor' of method 'boft' is 2", model.Refusal("boft", """{"n_butterfly_factor": 2}"""),
            StringComparison.Ordinal);
        Assert.Contains("lin has 4 of 3 inputs", model.Refusal("boft", """{"block_size": 3, "n_butterfly_factor": 2}"""),
            StringComparison.Ordinal);
    }

    /// <summary>P·diag(O)·Pᵀ, with P written out as a permutation.</summary>
    private static Tensor Factor(Tensor free, int index)
    {
        var (blocks, size) = ((int)free.shape[0], (int)free.shape[1]);
        var diagonal = zeros(blocks * size, blocks * size);
        for (var block = 0; block < blocks; block++)
        {
            var s = (free[block] - free[block].t()) / 2;
            diagonal.narrow(0, block * size, size).narrow(1, block * size, size)
                .copy_(linalg.inv(eye(size) + s).matmul(eye(size) - s));
        }

        var p = zeros(blocks * size, blocks * size);
        var (run, half) = (size << index, size / 2);
        for (var row = 0; row < blocks * size; row++)
        {
            if (index == 0)
            {
                p[row, row] = 1;
                continue;
            }

            var piece = row % run / half;
            var from = piece < run / half / 2 ? 2 * piece : 2 * piece - run / half + 1; // even pieces first, then odd ones
            p[row, row / run * run + from * half + row % half] = 1;
        }

        return p.matmul(diagonal).matmul(p.t());
    }
}
