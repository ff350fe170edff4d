using CsCheck;
using Experiments.Samplers;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Samplers;

public sealed class UnitCubeTests
{
    private static readonly Domain.Ordinal _ranks = new([.. new[] { 2, 8, 32 }.Select(rank => new ParameterValue.Integer(rank))]);

    [Theory]
    [InlineData(0, 10)]
    [InlineData(0.25, 32.5)]
    [InlineData(0.9, 91)]
    public void A_range_is_uniform_in_its_value(double share, double value) =>
        Assert.Equal(value, Real(new Domain.Float(10, 100), share), 1e-9);

    [Theory]
    [InlineData(0, 1e-5)]
    [InlineData(0.5, 1e-3)]
    [InlineData(0.75, 1e-2)]
    public void A_range_in_logarithm_is_uniform_there(double share, double value) =>
        Assert.Equal(1, Real(new Domain.Float(1e-5, 1e-1, Log: true), share) / value, 1e-9);

    /// <summary>From 1.5 to 8.5, so that 2 has the shares up to ln(2.5/1.5) / ln(8.5/1.5) = 0.2945 and 8 those from 0.9277.</summary>
    [Theory]
    [InlineData(0, "2")]
    [InlineData(0.294, "2")]
    [InlineData(0.295, "3")]
    [InlineData(0.927, "7")]
    [InlineData(0.928, "8")]
    public void Whole_numbers_in_logarithm_reach_half_a_step_beyond_both_ends(double share, string value) =>
        Assert.Equal(value, Value(new Domain.Int(2, 8, Log: true), share));

    [Theory]
    [InlineData(0, "2")]
    [InlineData(0.333, "2")]
    [InlineData(0.334, "8")]
    [InlineData(0.99, "32")]
    public void Listed_values_share_evenly_in_order(double share, string value) => Assert.Equal(value, Value(_ranks, share));

    [Fact]
    public void What_is_absent_keeps_its_dimension()
    {
        var space = new SearchSpace(
        [
            new("kind", new Domain.Choice([new ParameterValue.Text("a"), new ParameterValue.Text("b")])),
            new("of_b", new Domain.Int(0, 9), [new("kind", [new ParameterValue.Text("b")])]),
            new("rank", _ranks),
        ]);
        var cube = UnitCube.Of(space);

        Assert.Equal("""{"kind":"a","rank":32}""", cube.At([0.1, 0.7, 0.9]).ToString());
        Assert.Equal("""{"kind":"b","of_b":7,"rank":32}""", cube.At([0.5, 0.7, 0.9]).ToString());
        Assert.Equal([0.25, 0.5, 5 / 6.0], cube.PointOf(cube.At([0.1, 0.7, 0.9])));
    }

    [Fact]
    public void The_point_of_a_configuration_gives_it_back()
    {
        Gen.Select(SpaceGen.Any, Gen.ULong).Sample((space, seed) =>
        {
            var cube = UnitCube.Of(space);
            var drawn = cube.At(RandomSampler.Point(space, 0, seed, 0));
            var again = cube.At(cube.PointOf(drawn));
            return drawn.Values.All(pair => pair.Value is ParameterValue.Real real
                ? again.Values[pair.Key] is ParameterValue.Real other && Math.Abs(real.Value - other.Value) <= 1e-12 * Math.Abs(real.Value)
                : again.Values[pair.Key].Equals(pair.Value));
        }, iter: 300);
    }

    private static string Value(Domain domain, double share) => At(domain, share).ToString();

    private static double Real(Domain domain, double share) => ((ParameterValue.Real)At(domain, share)).Value;

    private static ParameterValue At(Domain domain, double share) =>
        UnitCube.Of(new SearchSpace([new Parameter("x", domain)])).At([share]).Values["x"];
}
