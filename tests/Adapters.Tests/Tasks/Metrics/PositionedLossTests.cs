using Adapters.Tasks.Metrics;
using Xunit;

namespace Adapters.Tests.Tasks.Metrics;

public sealed class PositionedLossTests
{
    [Fact]
    public void Perplexity_is_the_exponential_of_the_mean_loss_over_all_tokens()
    {
        var loss = new PositionedLoss(buckets: 2, length: 4);
        loss.Add([1, 2, 3]);
        loss.Add([0]);

        Assert.Equal(4, loss.Tokens);
        Assert.Equal(6.0 / 4, loss.Mean);
        Assert.Equal(Math.Exp(1.5), loss.Perplexity, 12);
    }

    [Fact]
    public void Buckets_hold_positions_of_equal_parts()
    {
        var loss = new PositionedLoss(buckets: 2, length: 4);
        loss.Add([1, 2, 3]); // of the tokens at positions 1 | 2, 3

        Assert.Equal(Math.Exp(1), loss.PerplexityOf(0), 12);
        Assert.Equal(Math.Exp(2.5), loss.PerplexityOf(1), 12);
    }

    [Fact]
    public void Tokens_that_are_only_context_do_not_count()
    {
        var loss = new PositionedLoss(buckets: 1, length: 4);
        loss.Add([9, 9, 3], from: 3);

        Assert.Equal((1, 3.0), (loss.Tokens, loss.Mean));
    }
}
