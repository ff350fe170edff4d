using Experiments.Samplers;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Samplers;

public sealed class SpaceSizeTests
{
    private static readonly ISampler _random = new RandomSampler();
    private static readonly ISampler _grid = new GridSampler(new GridSampler.Options());

    private static readonly Domain _unit = new Domain.Float(0, 1);

    [Theory]
    [InlineData(10, "100")]
    [InlineData(1000, "1,000,000")]
    [InlineData(10_000_000, "about 1.0e+14")]
    public void A_finite_space_is_counted(long each, string size) => Assert.Equal(size, Size(_random, Two(each)));

    [Theory]
    [InlineData(10, "55")]
    [InlineData(500, "125,250")]
    public void What_constraints_leave_of_it_is_counted_as_far_as_it_can_be_gone_through(long each, string size) =>
        Assert.Equal(size, Size(_random, Two(each) with { Constraints = [new Constraint("a <= b")] }));

    [Fact]
    public void Beyond_that_it_is_estimated()
    {
        var size = _random.Size(Two(2000) with { Constraints = [new Constraint("a <= b")] });

        Assert.False(size.IsExact);
        Assert.Equal(2_001_000, (double)size.Count!, 200_000.0);
        Assert.StartsWith("about ", size.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_continuous_range_has_no_end_but_for_a_grid_its_points()
    {
        Assert.Equal("endless", Size(_random, new SearchSpace([new("x", new Domain.Float(0, 1, Points: 5))])));
        Assert.Equal("5", Size(_grid, new SearchSpace([new("x", new Domain.Float(0, 1, Points: 5))])));
    }

    [Theory]
    [InlineData("x > 2", "has no configuration that keeps 'x > 2'.")]
    [InlineData("x > 0.998", "has hardly a configuration that keeps 'x > 0.998': 1 of 1000 draws do.")]
    [InlineData("x > 0.9", null)]
    public void A_space_that_constraints_leave_too_little_of_is_an_obstacle(string rule, string? obstacle) =>
        Assert.Equal(obstacle, _random.Obstacle(new SearchSpace([new("x", _unit), new("y", _unit)], [new("y >= 0"), new(rule)])));

    private static string Size(ISampler sampler, SearchSpace space) => sampler.Size(space).ToString();

    private static SearchSpace Two(long each) => new([new("a", new Domain.Int(1, each)), new("b", new Domain.Int(1, each))]);
}
