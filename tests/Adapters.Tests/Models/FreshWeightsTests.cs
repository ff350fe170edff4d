using Adapters.Models.Layers;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Models;

public sealed class FreshWeightsTests
{
    [Fact]
    public void Draws_have_the_deviation_asked_for_and_repeat_under_a_seed()
    {
        using var scope = NewDisposeScope();
        var (normal, truncated, again) = (empty(200, 50), empty(200, 50), empty(200, 50));
        FreshWeights.Normal(normal, 0.1, new Generator(7));
        FreshWeights.TruncatedNormal(truncated, 0.1, new Generator(7));
        FreshWeights.TruncatedNormal(again, 0.1, new Generator(7));

        Assert.InRange(normal.std().item<float>(), 0.095f, 0.105f);
        Assert.InRange(truncated.std().item<float>(), 0.095f, 0.105f);
        Assert.InRange(truncated.mean().item<float>(), -0.005f, 0.005f);
        Assert.True(truncated.Equals(again));
    }

    [Fact]
    public void Cuts_what_lies_beyond_two()
    {
        using var scope = NewDisposeScope();
        var weight = empty(100, 100);
        FreshWeights.TruncatedNormal(weight, 3, new Generator(7));

        Assert.Equal(2, weight.abs().max().item<float>());
    }
}
