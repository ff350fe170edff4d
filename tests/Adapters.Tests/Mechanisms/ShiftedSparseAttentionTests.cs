using Adapters.Mechanisms;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Tests.Mechanisms;

public sealed class ShiftedSparseAttentionTests : TorchTest
{
    [Theory]
    [InlineData(16, 4)]
    [InlineData(17, 4)]
    [InlineData(22, 8)]
    [InlineData(5, 8)]
    [InlineData(3, 8)]
    [InlineData(1, 2)]
    public void Cut_groups_see_what_a_dense_mask_lets_them_see(int length, int group)
    {
        var (q, k, v) = Draw(length);

        var attended = new ShiftedSparseAttention(group, ShiftEnds.Split).Attend(q, k, v, mask: null);

        TensorAssert.Close(Dense(q, k, v, group), attended, 2e-6);
    }

    [Fact]
    public void Padding_is_not_seen_whatever_each_rows_length()
    {
        var (q, k, v) = Draw(16);
        var real = arange(16).unsqueeze(0).lt(tensor(new long[] { 16, 11 }).unsqueeze(1)); // [batch, seq]

        var attended = new ShiftedSparseAttention(4, ShiftEnds.Split).Attend(q, k, v, real.to(int64));
        var alone = new ShiftedSparseAttention(4, ShiftEnds.Split)
            .Attend(q.narrow(0, 1, 1).narrow(2, 0, 11), k.narrow(0, 1, 1).narrow(2, 0, 11), v.narrow(0, 1, 1).narrow(2, 0, 11), mask: null);

        TensorAssert.Close(Dense(q, k, v, 4)[0], attended[0], 2e-6);
        TensorAssert.Close(alone[0], attended[1].narrow(1, 0, 11), 2e-6);
        Assert.Equal(0, attended[1].narrow(1, 11, 5).abs().max().item<float>());
    }

    [Fact]
    public void Padding_in_front_leaves_gradients_finite()
    {
        var (q, k, v) = Draw(16);
        q.requires_grad_();
        var real = arange(16).ge(9).to(int64).expand(2, 16);

        new ShiftedSparseAttention(4, ShiftEnds.Split).Attend(q, k, v, real).square().sum().backward();

        Assert.True(q.grad!.isfinite().all().item<bool>());
    }

    [Fact]
    public void Groups_of_twice_the_length_are_full_attention()
    {
        var (q, k, v) = Draw(12);

        var attended = new ShiftedSparseAttention(24, ShiftEnds.Split).Attend(q, k, v, mask: null);

        TensorAssert.Close(functional.scaled_dot_product_attention(q, k, v, is_casual: true), attended, 1e-6);
    }

    [Fact]
    public void Groups_of_the_length_cut_only_the_shifted_half()
    {
        var (q, k, v) = Draw(12);

        var attended = new ShiftedSparseAttention(12, ShiftEnds.Split).Attend(q, k, v, mask: null);
        var full = functional.scaled_dot_product_attention(q, k, v, is_casual: true);

        TensorAssert.Close(full.narrow(1, 0, 2), attended.narrow(1, 0, 2), 1e-6);
        Assert.True(TensorAssert.Distance(attended.narrow(1, 2, 2), full.narrow(1, 2, 2)) > 0.01);
    }

    [Theory]
    [InlineData(ShiftEnds.Split, 0)]
    [InlineData(ShiftEnds.Wrap, 2)]
    public void Only_wrapped_groups_show_the_end_to_the_beginning(ShiftEnds ends, int positionsThatSeeIt)
    {
        var (q, k, v) = Draw(16);
        var attention = new ShiftedSparseAttention(4, ends);
        var before = attention.Attend(q, k, v, mask: null);

        v.narrow(2, 15, 1).add_(1);
        var moved = (attention.Attend(q, k, v, mask: null) - before).abs().amax([0, 1, 3]).gt(1e-6); // [seq]

        Assert.Equal(positionsThatSeeIt, moved.narrow(0, 0, 12).sum().item<long>());
        Assert.True(moved[15].item<bool>());
    }

    [Fact]
    public void Heads_that_cannot_be_halved_and_lengths_that_cannot_wrap_are_refused()
    {
        var (q, k, v) = Draw(10);

        Assert.Throws<ArgumentException>(() => new ShiftedSparseAttention(4, ShiftEnds.Wrap).Attend(q, k, v, mask: null));
        Assert.Throws<ArgumentException>(() => new ShiftedSparseAttention(4, ShiftEnds.Split)
            .Attend(q.narrow(1, 0, 3), k.narrow(1, 0, 3), v.narrow(1, 0, 3), mask: null));
    }

    private static (Tensor Q, Tensor K, Tensor V) Draw(int length)
    {
        var generator = new Generator(1, CPU);
        Tensor Next() => empty(2, 4, length, 8).normal_(generator: generator); // [batch, heads, seq, width]
        return (Next(), Next(), Next());
    }

    /// <summary>p sees u iff u ≤ p and both lie in one group, groups of the second half of the heads being G/2 further.</summary>
    private static Tensor Dense(Tensor q, Tensor k, Tensor v, int group)
    {
        var position = arange(q.shape[2]);
        var heads = arange(4).ge(2).to(int64).mul(group / 2).reshape(4, 1); // offset by head
        var groups = (position - heads + group).div(group, RoundingMode.floor).to(int64); // [heads, seq]
        var together = groups.unsqueeze(2).eq(groups.unsqueeze(1)).logical_and(position.unsqueeze(1).ge(position.unsqueeze(0)));
        var scores = q.matmul(k.transpose(2, 3)) / Math.Sqrt(8);
        return scores.masked_fill(together.logical_not(), float.NegativeInfinity).softmax(-1).matmul(v);
    }
}
