using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Weights;

public sealed class MissTests : TorchTest
{
    [Theory]
    [InlineData(2, "miss", 1)]
    [InlineData(4, "miss", 1)] // six inputs make one piece and a half
    [InlineData(7, "miss", 1)] // one input to spare
    [InlineData(4, "mini", 1)]
    [InlineData(3, "mini", 2)]
    public void The_block_repeats_over_the_inputs_and_its_columns_over_the_outputs(int rank, string variant, int columns)
    {
        using var model = OneLayer.Linear(6, 8);
        using var adapter = model.Attach("miss", $$"""{"rank": {{rank}}, "variant": "{{variant}}", "mini_rank": {{columns}}}""");
        var block = OneLayer.Trained(adapter, "miss_block");

        var update = zeros(8, 6);
        for (var output = 0; output < 8; output++)
            for (var input = 0; input < 6; input++)
                update[output, input] = block[input % rank, output % block.shape[1]];

        Assert.Equal([rank, variant == "mini" ? columns : 8L], block.shape);
        OneLayer.AssertComputes(adapter, model.Layer.Weight + update, model.Layer.Bias);
    }

    [Fact]
    public void Bat_multiplies_each_block_of_the_weight_and_adds_its_own()
    {
        using var model = OneLayer.Linear(tensor(new float[,] { { 1, 2, 3, 4 }, { 5, 6, 7, 8 } }));
        using var adapter = model.Attach("miss", """{"rank": 2, "variant": "bat"}""");
        OneLayer.Set(adapter, "miss_block", tensor(new float[,,] { { { 1, 0 }, { 0, -1 } } }));

        // [[1, 2], [5, 6]] + [[1, -2], [5, -6]] + [[1, 0], [0, -1]], and the same of the next two columns.
        OneLayer.AssertComputes(adapter, tensor(new float[,] { { 3, 0, 7, 0 }, { 10, -1, 14, -1 } }), null, 1e-6);
    }

    [Fact]
    public void Bats_blocks_go_by_outputs()
    {
        using var model = OneLayer.Linear(6, 4);
        using var adapter = model.Attach("miss", """{"rank": 2, "variant": "bat"}""");
        var (weight, blocks) = (model.Layer.Weight, OneLayer.Trained(adapter, "miss_block"));

        var edited = zeros(4, 6);
        for (var row = 0; row < 2; row++)
            for (var column = 0; column < 3; column++)
            {
                var piece = weight.narrow(0, 2 * row, 2).narrow(1, 2 * column, 2);
                edited.narrow(0, 2 * row, 2).narrow(1, 2 * column, 2).copy_(piece + piece.matmul(blocks[row]) + blocks[row]);
            }

        OneLayer.AssertComputes(adapter, edited, model.Layer.Bias);
    }

    [Fact]
    public void Refuses_pieces_that_do_not_fit_with_the_value()
    {
        using var model = OneLayer.Linear(6, 4);

        Assert.Contains("is 3, but lin maps 6 to 4 features", model.Refusal("miss", """{"rank": 3, "variant": "bat"}"""),
            StringComparison.Ordinal);
        Assert.Contains("'mini_rank' of method 'miss' is 3, but lin has 4 outputs",
            model.Refusal("miss", """{"rank": 2, "variant": "mini", "mini_rank": 3}"""), StringComparison.Ordinal);
    }
}
