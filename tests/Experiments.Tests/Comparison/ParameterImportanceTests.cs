using Experiments.Comparison;
using Experiments.Sweeps;
using Experiments.Trials;
using Xunit;

namespace Experiments.Tests.Comparison;

public sealed class ParameterImportanceTests
{
    [Fact]
    public void The_parameter_that_matters_comes_first_with_a_small_error()
    {
        var entry = Entry(Searched(40, index => 0.3 + 0.01 * (index % 20)));

        Assert.Equal((40, 2), (entry.Configurations, entry.Searched));
        Assert.Equal("learning_rate", entry.Parameters[0].Parameter);
        Assert.InRange(entry.Parameters[0].Alone, 0.9, 1);
        Assert.InRange(entry.Parameters[0].AloneError, 0, 0.1);
        Assert.InRange(entry.Parameters[1].InAll, 0, 0.1);
        Assert.All(entry.Parameters, row => Assert.Equal(1, row.Active));
    }

    [Fact]
    public void The_same_trials_give_the_same_numbers()
    {
        var sweep = Searched(24, index => Math.Sin(index));

        Assert.Equal(Entry(sweep).Parameters, Entry(sweep).Parameters);
    }

    [Theory]
    [InlineData(19, 0)]
    [InlineData(20, 2)]
    public void Below_twenty_configurations_with_a_value_nothing_is_said(int count, int rows)
    {
        var sweep = Searched(count, index => Math.Sin(index)).Failed(FailureCause.Oom, "Out of memory.", index: count);

        Assert.Equal(rows, Entry(sweep).Parameters.Length);
    }

    [Fact]
    public void Where_all_came_to_the_same_nothing_matters() => Assert.Empty(Entry(Searched(20, _ => 0.5)).Parameters);

    [Fact]
    public void What_is_not_searched_is_no_parameter() =>
        Assert.Equal(0, Entry(new ExampleSweep().Entry("lora").Completed([0.5])).Searched);

    [Theory]
    [InlineData(1.0, 0.5 / 3)]
    [InlineData(100.0, 2.5 / 3)]
    public void Listed_values_share_the_interval_evenly(double value, double at)
    {
        var domain = new Domain.Choice([new ParameterValue.Real(1), new ParameterValue.Real(10), new ParameterValue.Real(100)]);

        Assert.Equal(at, UnitInterval.Of(domain, new ParameterValue.Real(value)), 1e-12);
    }

    [Fact]
    public void Ranges_are_spread_as_they_are_searched()
    {
        Assert.Equal(0.5, UnitInterval.Of(new Domain.Float(1e-4, 1e-2, Log: true), new ParameterValue.Real(1e-3)), 1e-12);
        Assert.Equal(0.25, UnitInterval.Of(new Domain.Float(-1, 3), new ParameterValue.Real(0)), 1e-12);
        Assert.Equal(0.625, UnitInterval.Of(new Domain.Int(2, 5), new ParameterValue.Integer(4)), 1e-12);
        Assert.Equal(0.5, UnitInterval.Of(new Domain.Int(1, 8, Log: true), new ParameterValue.Integer(2)), 0.01); // √(0.5·8.5) = 2.06
        Assert.Equal(double.NaN, UnitInterval.Of(new Domain.Choice([]), new ParameterValue.Integer(4)));
    }

    internal static ExampleSweep Searched(int count, Func<int, double> value)
    {
        var space = new SearchSpace(
        [
            new Parameter("steps", new Domain.Fixed(new ParameterValue.Integer(40))),
            new Parameter("rank", new Domain.Int(0, 6)),
            new Parameter("learning_rate", new Domain.Float(0, 1)),
        ]);
        var sweep = new ExampleSweep { Space = space, Searched = ["lora"] }.Entry("lora");
        for (var index = 0; index < count; index++)
        {
            sweep.Completed([value(index)], index: index, configuration: new Configuration(
            [
                new("steps", new ParameterValue.Integer(40)),
                new("rank", new ParameterValue.Integer(index * 5 % 7)),
                new("learning_rate", new ParameterValue.Real(0.05 * (index % 20))),
            ]));
        }

        return sweep;
    }

    private static EntryImportance Entry(ExampleSweep sweep) =>
        ParameterImportance.Of(sweep.Spec, sweep.Trials).Blocks[0].Entries[0];
}
