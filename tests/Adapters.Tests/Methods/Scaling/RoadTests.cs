using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Scaling;

public sealed class RoadTests : TorchTest
{
    [Fact]
    public void A_quarter_turn_swaps_the_halves_of_a_group_and_the_length_stretches_them()
    {
        using var model = OneLayer.Linear(eye(4));
        using var adapter = model.Attach("road", """{"group_size": 4}""");
        OneLayer.Set(adapter, "road_theta", tensor(new[] { (float)Math.PI / 2, 0 }));
        OneLayer.Set(adapter, "road_alpha", tensor(new float[] { 2, 3 }));

        // (1, 3) turn into 2·(-3, 1), (2, 4) are stretched by 3.
        TensorAssert.Close(tensor(new float[,] { { -6, 6, 2, 12 } }), model.Evaluate(tensor(new float[,] { { 1, 2, 3, 4 } })), 1e-6);
    }

    [Theory]
    [InlineData("road_1", 6)]
    [InlineData("road_2", 12)]
    [InlineData("road_4", 24)]
    public void It_computes_with_turned_weight_and_bias(string variant, int count)
    {
        const int Group = 4;
        using var model = OneLayer.Linear(5, 12);
        using var adapter = model.Attach("road", $$"""{"variant": "{{variant}}", "group_size": {{Group}}}""");
        var (angle, length) = (OneLayer.Trained(adapter, "road_theta"), OneLayer.Trained(adapter, "road_alpha"));
        Assert.Equal([count], angle.shape);

        var r = zeros(12, 12);
        for (var output = 0; output < 12; output++)
        {
            var (start, place) = (output / Group * Group, output % Group);
            var isFirst = place < Group / 2;
            var (along, across) = variant switch
            {
                "road_1" => (start / 2 + place % (Group / 2), start / 2 + place % (Group / 2)),
                "road_2" => (output, output),
                _ => (2 * start + place, 2 * start + Group + place),
            };
            r[output, output] = length[along] * angle[along].cos();
            r[output, isFirst ? output + Group / 2 : output - Group / 2] = length[across] * angle[across].sin() * (isFirst ? -1 : 1);
        }

        OneLayer.AssertComputes(adapter, r.matmul(model.Layer.Weight), r.matmul(model.Layer.Bias!));
    }

    [Fact]
    public void Refuses_groups_that_do_not_fit_with_the_value()
    {
        using var model = OneLayer.Linear(5, 12);

        Assert.Contains("'group_size' of method 'road' is 16, but lin has 12 outputs", model.Refusal("road", "{}"),
            StringComparison.Ordinal);
        Assert.Contains("is 3, but must be even", model.Refusal("road", """{"group_size": 3}"""), StringComparison.Ordinal);
    }
}
