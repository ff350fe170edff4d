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

    private static ExampleSweep Searched(int count, Func<int, double> value)
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
