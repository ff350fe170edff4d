using CsCheck;
using Experiments.Samplers;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Samplers;

public sealed class DistinctDrawsTests
{
    private static readonly Parameter _a = new("a", new Domain.Int(0, 9));
    private static readonly Parameter _b = new("b", new Domain.Int(0, 9));

    [Fact]
    public void What_the_constraints_refuse_is_drawn_again()
    {
        var space = new SearchSpace([new("x", new Domain.Float(0, 1))], [new Constraint("x > 0.9")]);

        var (drawn, draws) = Count(space, [], draw => X(draw / 100.0));

        Assert.Equal("""{"x":0.91}""", drawn!.ToString());
        Assert.Equal(92, draws);
    }

    [Fact]
    public void A_space_that_admits_one_in_two_thousand_gives_as_many_as_are_asked_for()
    {
        var space = new SearchSpace([new("x", new Domain.Float(0, 1))], [new Constraint("x < 0.0005")]);

        var drawn = Enumerable.Range(0, 20).Select(index => new RandomSampler().Suggest(space, [], index, seed: 4)).ToList();

        Assert.All(drawn, each => Assert.True(space.Admits(each!)));
        Assert.Equal(20, drawn.Distinct().Count());
    }

    [Fact]
    public void After_a_thousand_draws_of_the_sampler_uniform_ones_follow()
    {
        var space = new SearchSpace([new("x", new Domain.Float(0, 1))], [new Constraint("x > 0.9")]);

        var (drawn, draws) = Count(space, [], _ => X(0.7));

        Assert.True(space.Admits(drawn!));
        Assert.Equal(1_000, draws);
    }

    [Fact]
    public void A_space_whose_constraints_admit_nothing_has_no_more()
    {
        var space = new SearchSpace([new("x", new Domain.Float(0, 1))], [new Constraint("x > 2")]);

        Assert.Null(Count(space, [], _ => X(0.7)).Drawn);
    }

    [Fact]
    public void What_was_given_is_drawn_again_ten_times_and_then_the_rest_is_gone_through()
    {
        var space = new SearchSpace([_a]);
        var history = Enumerable.Range(0, 9).Select(index => new Observation(index, A(index), null, false)).ToList();

        var (drawn, draws) = Count(space, history, _ => A(3));

        Assert.Equal(A(9), drawn);
        Assert.Equal(11, draws);
        Assert.Null(Count(space, [.. history, new Observation(9, A(9), null, false)], _ => A(3), index: 10).Drawn);
    }

    [Fact]
    public void A_finite_space_with_constraints_is_given_out_to_the_last_that_they_admit()
    {
        var space = new SearchSpace([_a, _b], [new Constraint("a * b == 12 or a + b > 16")]);
        var history = new List<Observation>();
        while (new RandomSampler().Suggest(space, history, history.Count, 5) is { } drawn)
            history.Add(new Observation(history.Count, drawn, null, false));

        Assert.Equal(
            ["2 6", "3 4", "4 3", "6 2", "8 9", "9 8", "9 9"],
            history.Select(each => $"{each.Configuration.Values["a"]} {each.Configuration.Values["b"]}").Order(StringComparer.Ordinal));
        Assert.Equal(7, DistinctDraws.Count(space));
    }

    [Fact]
    public void A_finite_space_too_large_to_go_through_is_drawn_from_without_end()
    {
        var wide = new Domain.Int(0, 999_999_999);
        var space = new SearchSpace([new("a", wide), new("b", wide)], [new Constraint("a < b")]);

        Assert.Null(DistinctDraws.Count(space));
        Gen.ULong.Sample(seed => space.Admits(new RandomSampler().Suggest(space, [], 0, seed)!), iter: 100);
    }

    private static (Configuration? Drawn, int Draws) Count(
        SearchSpace space, IReadOnlyList<Observation> history, Func<int, Configuration> draw, int index = 9)
    {
        var draws = 0;
        var drawn = DistinctDraws.Next(space, history, index, seed: 1, number =>
        {
            Assert.Equal(draws++, number);
            return draw(number);
        });
        return (drawn, draws);
    }

    private static Configuration X(double value) => new([new("x", new ParameterValue.Real(value))]);

    private static Configuration A(int value) => new([new("a", new ParameterValue.Integer(value))]);
}
