using Adapters.Mechanisms;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Mechanisms;

public sealed class FrozenExpertsTests : TorchTest
{
    [Fact]
    public void One_expert_adds_what_it_adds_where_all_weight_is_its_own()
    {
        manual_seed(4);
        using var experts = new FrozenExperts([Drawn(rank: 2), null, Drawn(rank: 3)], 6, 5, CPU);
        var (x, y) = (randn(2, 4, 6), randn(2, 4, 5));

        for (var n = 0; n < 3; n++)
            TensorAssert.Close(experts.AddUp(y, experts.Down(x), eye(3)[n].reshape(1, 1, 3)), experts.AddOne(x, y, n), 1e-6);
        TensorAssert.Close(y, experts.AddOne(x, y, 1), 0);
    }

    [Fact]
    public void One_expert_is_added_without_computing_the_others()
    {
        manual_seed(4);
        var broken = new LowRankExpert(full([2, 6], float.NaN), full([5, 2], float.NaN), Scale: 1);
        using var experts = new FrozenExperts([broken, Drawn(rank: 2), broken], 6, 5, CPU);

        var sum = experts.AddOne(randn(2, 4, 6), zeros(2, 4, 5), 1);

        Assert.True(sum.isfinite().all().item<bool>());
    }

    private static LowRankExpert Drawn(long rank) => new(randn(rank, 6), randn(5, rank), Scale: 0.5);
}
