using Experiments.Samplers;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Samplers;

public sealed class RandomSamplerTests
{
    private const int Draws = 40_000;

    private static readonly RandomSampler _random = new();

    [Fact]
    public void A_configuration_depends_on_its_index_alone_not_on_what_came_before()
    {
        var space = Space(new("a", new Domain.Float(0, 1)), new("b", new Domain.Int(1, 1000)));
        var forward = Enumerable.Range(0, 20).Select(index => _random.Suggest(space, [], index, 7)).ToList();
        var history = forward.Take(5).Select((configuration, index) => new Observation(index, configuration!, 1, false)).ToList();

        Assert.Equal(forward[11], _random.Suggest(space, history, 11, 7));
        Assert.NotEqual(forward[11], _random.Suggest(space, [], 11, 8));
        Assert.Equal(20, forward.Distinct().Count());
    }

    [Fact]
    public void A_parameter_depends_on_its_name_alone_not_on_those_around_it()
    {
        var alone = Space(new Parameter("b", new Domain.Float(0, 1)));
        var among = Space(new("a", new Domain.Float(0, 1)), new("b", new Domain.Float(0, 1)));

        Assert.Equal(_random.Suggest(alone, [], 3, 7)!.Values["b"], _random.Suggest(among, [], 3, 7)!.Values["b"]);
        Assert.NotEqual(_random.Suggest(among, [], 3, 7)!.Values["a"], _random.Suggest(among, [], 3, 7)!.Values["b"]);
    }

    [Theory]
    [InlineData(1, 10, null)]
    [InlineData(-3, 3, null)]
    [InlineData(0, 12, 4L)]
    public void Whole_numbers_are_equally_likely_to_the_ends(long low, long high, long? step)
    {
        var counts = Counts(new Domain.Int(low, high, Step: step));

        var count = (high - low) / (step ?? 1) + 1;
        Assert.Equal(count, counts.Count);
        Assert.Equal((low, high), (counts.Keys.Min(), counts.Keys.Max()));
        Assert.All(counts.Values, share => Assert.Equal(1.0 / count, share, 0.01));
    }

    [Fact]
    public void Log_whole_numbers_have_the_mass_of_their_half_way_neighbours_ends_too()
    {
        var counts = Counts(new Domain.Int(2, 8, Log: true));

        var total = Math.Log(8.5 / 1.5);
        for (var value = 2; value <= 8; value++)
            Assert.Equal(Math.Log((value + 0.5) / (value - 0.5)) / total, counts[value], 0.01);
    }

    [Fact]
    public void Log_reals_are_uniform_in_their_logarithm()
    {
        var values = Enumerable.Range(0, Draws).Select(index => Real(new Domain.Float(1e-5, 1e-1, Log: true), index)).ToList();

        var decades = values.CountBy(value => Math.Floor(Math.Log10(value))).ToDictionary();
        Assert.Equal([-5, -4, -3, -2], decades.Keys.Order());
        Assert.All(decades.Values, count => Assert.Equal(0.25, count / (double)Draws, 0.01));
    }

    [Fact]
    public void Stepped_reals_reach_both_ends()
    {
        var domain = new Domain.Float(0.1, 0.5, Step: 0.1);
        var values = Enumerable.Range(0, 1000).Select(index => Real(domain, index)).Distinct().Order();

        Assert.Equal([0.1, 0.2, 0.3, 0.4, 0.5], values);
    }

    [Fact]
    public void Points_are_for_grids_a_draw_falls_between_them()
    {
        var domain = new Domain.Float(1, 2, Points: 2);

        Assert.Equal(100, Enumerable.Range(0, 100).Select(index => Real(domain, index)).Distinct().Count());
        Assert.Null(_random.Count(Space(new Parameter("x", domain))));
    }

    [Fact]
    public void A_draw_that_was_given_before_is_drawn_again()
    {
        var space = Space(new Parameter("x", new Domain.Int(1, 50)));
        var first = _random.Suggest(space, [], 1, 7)!;

        var again = _random.Suggest(space, [new Observation(0, first, null, false)], 1, 7)!;

        Assert.NotEqual(first, again);
    }

    [Fact]
    public void A_second_draw_is_as_likely_as_a_first()
    {
        var space = Space(new Parameter("x", new Domain.Int(1, 1000, Log: true)));
        var seconds = Enumerable.Range(1, 500).Select(index =>
        {
            var first = _random.Suggest(space, [], index, 7)!;
            return ((ParameterValue.Integer)_random.Suggest(space, [new Observation(0, first, null, false)], index, 7)!.Values["x"]).Value;
        });

        Assert.Equal(1000 / Math.Log(2001), seconds.Average(), 25.0); // the mean of the log-uniform draw, not 500
    }

    [Fact]
    public void The_numbers_stay_as_they_are_because_sweeps_are_continued_with_them()
    {
        var space = Space(
            new("rank", new Domain.Int(2, 64, Log: true)), new("rate", new Domain.Float(1e-5, 1e-2, Log: true)),
            new("mode", new Domain.Choice([new ParameterValue.Text("a"), new ParameterValue.Text("b")])));

        var drawn = Enumerable.Range(0, 3).Select(index => _random.Suggest(space, [], index, 42)!.ToString());

        Snapshot.Matches(string.Join('\n', drawn) + "\n", "random");
    }

    private static double Real(Domain domain, int index) =>
        ((ParameterValue.Real)_random.Suggest(Space(new Parameter("x", domain)), [], index, 3)!.Values["x"]).Value;

    private static Dictionary<long, double> Counts(Domain domain) => Enumerable.Range(0, Draws)
        .Select(index => ((ParameterValue.Integer)_random.Suggest(Space(new Parameter("x", domain)), [], index, 3)!.Values["x"]).Value)
        .GroupBy(value => value)
        .ToDictionary(group => group.Key, group => group.Count() / (double)Draws);

    private static SearchSpace Space(params Parameter[] parameters) => new([.. parameters]);
}
