using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Orthogonal;

public sealed class OftTests : TorchTest
{
    [Fact]
    public void A_block_of_two_turns_by_the_angle_whose_halfs_tangent_is_its_number_the_other_way()
    {
        using var model = OneLayer.Linear(eye(2));
        using var adapter = model.Attach("oft", """{"block_size": 2, "cayley_neumann": false}""");
        OneLayer.Set(adapter, "oft_R.weight", tensor(new float[,] { { 1 } }));

        TensorAssert.Close(tensor(new float[,] { { 0, -1 } }), model.Evaluate(tensor(new float[,] { { 1, 0 } })), 1e-6);
    }

    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(2, 1, 1)] // I + 2Q with Q² = -I/4
    [InlineData(3, 0.5, 0.875)] // I + 2Q + 2Q² + Q³, as PEFT's code has it
    [InlineData(4, 0.5, 0.875)]
    [InlineData(5, 0.5625, 0.75)] // I + 2Q + 2Q² + 2Q³ + Q⁴
    [InlineData(40, 0.6, 0.8)] // (1 - q²) / (1 + q²) and 2q / (1 + q²)
    public void The_series_comes_near_the_inverse_of_the_exact_turn(int terms, float along, float across)
    {
        using var model = OneLayer.Linear(eye(2));
        using var adapter = model.Attach("oft", $$"""{"block_size": 2, "cayley_neumann_terms": {{terms}}}""");
        OneLayer.Set(adapter, "oft_R.weight", tensor(new float[,] { { 0.5f } }));

        TensorAssert.Close(tensor(new[,] { { along, across } }), model.Evaluate(tensor(new float[,] { { 1, 0 } })), 1e-6);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void It_computes_with_the_weight_times_the_transposed_blocks(bool shared)
    {
        using var model = OneLayer.Linear(8, 5);
        using var adapter = model.Attach("oft", $$"""
            {"block_size": 0, "blocks": 2, "cayley_neumann": false, "block_share": {{(shared ? "true" : "false")}}}
            """);
        var upper = OneLayer.Trained(adapter, "oft_R.weight");

        var (first, second) = (Turn(upper[0]), Turn(upper[shared ? 0 : 1]));
        var (left, right) = (model.Layer.Weight.narrow(1, 0, 4), model.Layer.Weight.narrow(1, 4, 4));
        OneLayer.AssertComputes(adapter, cat([left.matmul(first.t()), right.matmul(second.t())], 1), model.Layer.Bias);

        static Tensor Turn(Tensor upper)
        {
            var q = zeros(4, 4);
            var at = 0;
            for (var row = 0; row < 4; row++)
                for (var column = row + 1; column < 4; column++, at++)
                    (q[row, column], q[column, row]) = (upper[at], -upper[at]);
            return linalg.inv(eye(4) + q).matmul(eye(4) - q);
        }
    }

    [Fact]
    public void Constrained_blocks_are_scaled_back_to_their_share_and_small_ones_left()
    {
        using var model = OneLayer.Linear(4, 3);
        using var adapter = model.Attach("oft", """{"block_size": 2, "coft": true, "eps": 0.5}""");
        OneLayer.Set(adapter, "oft_R.weight", tensor(new float[,] { { -3 }, { 0.125f } }));

        model.Evaluate(ones(1, 4));

        // ‖Q‖ = √2·|q| may be 0.5 / √2.
        TensorAssert.Close(tensor(new float[,] { { -0.25f }, { 0.125f } }), OneLayer.Trained(adapter, "oft_R.weight").detach(), 1e-6);
    }

    [Fact]
    public void Lengths_of_the_weights_rows_stay_when_a_convolution_is_turned()
    {
        using var model = OneLayer.Convolution(2, 3);
        using var adapter = model.Attach("oft", """{"block_size": 6, "cayley_neumann": false}""");
        var before = model.Layer.Weight.flatten(1).square().sum(dim: 1);

        adapter.Merge();

        TensorAssert.Close(before, model.Layer.Weight.flatten(1).square().sum(dim: 1));
        var turned = model.Layer.Weight.flatten(1).clone();
        adapter.Unmerge();
        OneLayer.AssertComputes(adapter, turned, model.Layer.Bias);
    }

    [Fact]
    public void Refuses_blocks_that_do_not_fit_with_the_value()
    {
        using var model = OneLayer.Linear(8, 5);

        Assert.Contains("'block_size' of method 'oft' is 32, but lin has 8 inputs", model.Refusal("oft", "{}"), StringComparison.Ordinal);
        Assert.Contains("are 4 and 2", model.Refusal("oft", """{"block_size": 4, "blocks": 2}"""), StringComparison.Ordinal);
        Assert.Contains("are 0 and 0", model.Refusal("oft", """{"block_size": 0}"""), StringComparison.Ordinal);
        Assert.Contains("'blocks' of method 'oft' is 8", model.Refusal("oft", """{"block_size": 0, "blocks": 8}"""),
            StringComparison.Ordinal);
    }
}
