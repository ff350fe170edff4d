using Experiments.Samplers;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Samplers;

public sealed class ObservationHistoryTests
{
    [Fact]
    public void Gives_out_a_finite_space_as_a_list_of_the_same_does()
    {
        var space = new SearchSpace([new("a", new Domain.Int(0, 9)), new("b", new Domain.Int(0, 9))], [new Constraint("a != b")]);
        var history = new ObservationHistory();
        history.TakeOver([Observed(-2, 1, 2), Observed(-1, 3, 4)]);
        var sampler = new RandomSampler();

        for (var index = 0; index < 90; index++)
        {
            var drawn = sampler.Suggest(space, history, index, seed: 5)!;
            Assert.Equal(drawn, sampler.Suggest(space, [.. history], index, seed: 5));
            history.Note(new Observation(index, drawn, null, Failed: false));
            if (index % 10 == 0) // what is asked again later has the same answer
                Assert.Equal(history[2 + index / 2].Configuration, sampler.Suggest(space, history, index / 2, seed: 5));
        }

        Assert.Equal(90, history.Skip(2).Select(each => each.Configuration).Distinct().Count());
        Assert.Null(sampler.Suggest(space, history, 90, seed: 5));
    }

    [Fact]
    public void Keeps_what_was_taken_over_first_and_the_rest_in_order_of_index()
    {
        var history = new ObservationHistory();
        history.TakeOver([Observed(-2, 1, 2)]);
        history.TakeOver([Observed(-1, 3, 4)]);
        history.Note(Observed(0, 5, 6));
        history.Note(Observed(1, 7, 8));

        history.Note(Observed(0, 5, 6) with { Value = 0.5 });

        Assert.Equal([-2, -1, 0, 1], history.Select(each => each.Index));
        Assert.Equal(0.5, history[2].Value);
        Assert.Equal([Observed(0, 5, 6).Configuration], history.GivenBefore(1));
    }

    private static Observation Observed(int index, int a, int b)
    {
        var configuration = new Configuration([new("a", new ParameterValue.Integer(a)), new("b", new ParameterValue.Integer(b))]);
        return new Observation(index, configuration, null, Failed: false);
    }
}
