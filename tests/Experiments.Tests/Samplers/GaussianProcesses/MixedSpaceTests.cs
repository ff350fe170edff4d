using CsCheck;
using Experiments.Samplers.GaussianProcesses;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Samplers.GaussianProcesses;

public sealed class MixedSpaceTests
{
    [Fact]
    public void A_configuration_of_counted_values_comes_back_from_its_places()
    {
        SpaceGen.Finite.Sample(space =>
        {
            var mixed = new MixedSpace(space);
            return SpaceGen.Listed(space).Take(30).All(configuration =>
                mixed.At(mixed.PlacesOf(configuration)).Equals(configuration));
        }, iter: 200);
    }

    [Theory]
    [InlineData(1e-5, 0.0)]
    [InlineData(1e-3, 0.5)]
    [InlineData(1e-1, 1.0)]
    public void A_log_real_lies_where_its_logarithm_does(double value, double share)
    {
        var coordinate = new Coordinate(new Domain.Float(1e-5, 1e-1, Log: true));

        Assert.Equal(share, coordinate.ShareOf(coordinate.PlaceOf(new ParameterValue.Real(value))), 1e-12);
    }

    [Fact]
    public void Quantiles_of_counted_values_have_the_masses_that_a_random_draw_has()
    {
        var coordinate = new Coordinate(new Domain.Int(2, 8, Log: true));
        var drawn = Enumerable.Range(0, 10_000).Select(i => coordinate[coordinate.Quantile(i / 1e4)]).CountBy(value => value);

        foreach (var (value, count) in drawn)
        {
            var whole = ((ParameterValue.Integer)value).Value;
            Assert.Equal(Math.Log((whole + 0.5) / (whole - 0.5)) / Math.Log(8.5 / 1.5), count / 1e4, 0.001);
        }

        Assert.Equal(7, drawn.Count());
    }

    [Fact]
    public void A_parameter_that_is_not_there_is_seen_alike_whatever_its_place()
    {
        EquatableArray<Condition> onlyWithSgd = [new("optimizer", [new ParameterValue.Text("sgd")])];
        var mixed = new MixedSpace(new(
        [
            new("optimizer", new Domain.Choice([new ParameterValue.Text("adamw"), new ParameterValue.Text("sgd")])),
            new("momentum", new Domain.Float(0, 1), onlyWithSgd),
            new("nesterov", new Domain.Choice([new ParameterValue.Flag(false), new ParameterValue.Flag(true)]), onlyWithSgd),
        ]));

        Assert.Equal(See(0, 0.1, 0), See(0, 0.9, 1));
        Assert.Equal([0.5, 0, -1, 0], See(0, 0.1, 0)); // momentum, optimizer, nesterov, whether momentum is there
        Assert.Equal([0.1, 1, 1, 1], See(1, 0.1, 1));

        double[] See(params double[] places)
        {
            var point = new double[mixed.Reals + mixed.Codes];
            mixed.See(places, point);
            return point;
        }
    }

    [Fact]
    public void What_has_one_value_only_is_not_seen()
    {
        var mixed = new MixedSpace(new(
        [
            new("task", new Domain.Fixed(new ParameterValue.Text("lm"))), new("depth", new Domain.Int(3, 3)),
            new("rate", new Domain.Float(0, 1)),
        ]));

        Assert.Equal((1, 0), (mixed.Reals, mixed.Codes));
    }
}
