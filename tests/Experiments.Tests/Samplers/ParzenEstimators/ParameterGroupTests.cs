using Experiments.Samplers.ParzenEstimators;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Samplers.ParzenEstimators;

public sealed class ParameterGroupTests
{
    [Fact]
    public void What_occurs_together_is_one_group_and_stands_behind_what_decides_on_it()
    {
        var flag = new Domain.Choice([new ParameterValue.Flag(false), new ParameterValue.Flag(true)]);
        Condition[] onA = [new("a", [new ParameterValue.Flag(true)])];
        Condition[] onB = [new("b", [new ParameterValue.Flag(true)])];
        var space = new SearchSpace(
        [
            new("a", flag), new("b", flag, [.. onA]), new("c", flag, [.. onB]), new("d", flag), new("e", flag, [.. onA]),
        ]);

        var groups = ParameterGroup.Of(space);

        Assert.Equal([[0, 3], [1, 4], [2]], groups.Select(group => group.Parameters));
    }
}
