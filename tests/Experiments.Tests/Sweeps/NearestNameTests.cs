using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Sweeps;

public sealed class NearestNameTests
{
    [Theory]
    [InlineData("rnak", "rank")] // swapped
    [InlineData("rnk", "rank")]
    [InlineData("alpah", "alpha")]
    [InlineData("learning-rate", "learning_rate")]
    [InlineData("xyz", null)]
    public void Finds_what_was_meant(string name, string? meant)
    {
        Assert.Equal(meant, NearestName.Of(name, ["alpha", "dropout", "learning_rate", "rank"]));
    }
}
