using CsCheck;
using Experiments.Samplers;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Samplers;

public sealed class GridSamplerTests
{
    private static readonly GridSampler _grid = new(new GridSampler.Options());

    [Fact]
    public void Counts_like_an_odometer_with_the_last_parameter_fastest()
    {
        var space = Space(new("a", Choice("x", "y")), new("b", new Domain.Int(1, 3)));

        Assert.Equal(
            [
                """{"a":"x","b":1}""", """{"a":"x","b":2}""", """{"a":"x","b":3}""",
                """{"a":"y","b":1}""", """{"a":"y","b":2}""", """{"a":"y","b":3}""",
            ],
            All(space));
    }

    [Fact]
    public void A_condition_multiplies_its_branch_alone()
    {
        var space = Space(
            new("optimizer", Choice("adamw", "sgd", "lion")),
            new("momentum", Choice("0", "9"), [new("optimizer", [new ParameterValue.Text("sgd")])]),
            new("rank", new Domain.Int(4, 8, Step: 4)));

        Assert.Equal(8, _grid.Count(space));
        Assert.Equal(
            [
                """{"optimizer":"adamw","rank":4}""", """{"optimizer":"adamw","rank":8}""",
                """{"momentum":"0","optimizer":"sgd","rank":4}""", """{"momentum":"0","optimizer":"sgd","rank":8}""",
                """{"momentum":"9","optimizer":"sgd","rank":4}""", """{"momentum":"9","optimizer":"sgd","rank":8}""",
                """{"optimizer":"lion","rank":4}""", """{"optimizer":"lion","rank":8}""",
            ],
            All(space));
    }

    [Fact]
    public void Finds_any_configuration_where_listing_would()
    {
        SpaceGen.Finite.Where(space => SpaceGen.Listed(space).Take(3000).Count() < 3000).Sample(space =>
        {
            var listed = SpaceGen.Listed(space).ToList();
            return _grid.Count(space) == listed.Count
                && Enumerable.Range(0, listed.Count).All(index => listed[index].Equals(_grid.Suggest(space, [], index, 0)))
                && _grid.Suggest(space, [], listed.Count, 0) is null;
        }, iter: 300);
    }

    [Fact]
    public void Finds_its_way_in_spaces_that_could_never_be_listed()
    {
        var wide = new Domain.Int(0, 999_999_999);
        var onFive = new Condition("a", [new ParameterValue.Integer(5)]);
        var space = Space(new("a", wide), new("b", wide, [onFive]), new("c", new Domain.Int(0, 1)));

        Assert.Equal((999_999_999L + 1_000_000_000L) * 2, _grid.Count(space));
        Assert.Equal("""{"a":4,"c":1}""", _grid.Suggest(space, [], 9, 0)!.ToString());
        Assert.Equal("""{"a":5,"b":0,"c":0}""", _grid.Suggest(space, [], 10, 0)!.ToString());
        Assert.Equal("""{"a":5,"b":1000000,"c":1}""", _grid.Suggest(space, [], 2_000_011, 0)!.ToString());
        Assert.Equal("""{"a":6,"c":0}""", _grid.Suggest(space, [], 2_000_000_010, 0)!.ToString());
    }

    [Fact]
    public void A_space_past_counting_has_no_count_but_still_configurations()
    {
        var wide = new Domain.Int(0, 1L << 50);
        var space = Space(new("a", wide), new("b", wide));

        Assert.Null(_grid.Count(space));
        Assert.Equal("""{"a":0,"b":7}""", _grid.Suggest(space, [], 7, 0)!.ToString());
    }

    [Fact]
    public void Constraints_leave_configurations_out_but_not_their_numbers()
    {
        var space = new SearchSpace(
            [new("a", new Domain.Int(1, 4)), new("b", new Domain.Int(1, 4))], [new Constraint("a * b == 4"), new Constraint("a > 1")]);

        Assert.Equal(2, _grid.Count(space));
        Assert.Equal(["""{"a":2,"b":2}""", """{"a":4,"b":1}"""], All(space));
    }

    [Fact]
    public void A_constraint_over_an_absent_parameter_leaves_nothing_out()
    {
        var space = new SearchSpace(
            [new("kind", Choice("x", "y")), new("n", new Domain.Int(1, 2), [new("kind", [new ParameterValue.Text("y")])])],
            [new Constraint("n > 1")]);

        Assert.Equal(["""{"kind":"x"}""", """{"kind":"y","n":2}"""], All(space));
    }

    [Theory]
    [InlineData(1e-5, 1e-2, true, 4, "1E-05 0.0001 0.001 0.01")]
    [InlineData(0, 1, false, 5, "0 0.25 0.5 0.75 1")]
    [InlineData(0.1, 0.7, false, 3, "0.1 0.4 0.7")]
    public void Points_are_spread_from_end_to_end_as_a_person_would_write_them(double low, double high, bool log, int points, string values)
    {
        var space = Space(new Parameter("x", new Domain.Float(low, high, log, Points: points)));

        Assert.Equal(values, Values(space));
    }

    [Theory]
    [InlineData(0.1, 0.5, 0.1, "0.1 0.2 0.3 0.4 0.5")] // 0.1 + 2 * 0.1 is 0.30000000000000004
    [InlineData(0, 1, 0.3, "0 0.3 0.6 0.9")]
    [InlineData(-1, 1, 2, "-1 1")]
    public void Steps_are_counted_from_the_low_end(double low, double high, double step, string values)
    {
        var space = Space(new Parameter("x", new Domain.Float(low, high, Step: step)));

        Assert.Equal(values, Values(space));
    }

    [Fact]
    public void Points_between_whole_numbers_are_rounded_and_each_comes_once()
    {
        Assert.Equal("2 4 8 16 32", Values(Space(new Parameter("x", new Domain.Int(2, 32, Log: true, Points: 5)))));
        Assert.Equal("1 2 3", Values(Space(new Parameter("x", new Domain.Int(1, 3, Log: true, Points: 9)))));
    }

    [Fact]
    public void A_continuous_range_is_refused_by_name()
    {
        var space = Space(new("rank", new Domain.Int(1, 2)), new("rate", new Domain.Float(0, 1)));

        var refusal = Assert.Throws<SpecException>(() => _grid.Suggest(space, [], 0, 0));

        Assert.Equal(
            "'rate' is a continuous range, which a grid cannot go through: give it 'points', 'step' or 'choices'.", refusal.Message);
        Assert.Null(_grid.Count(space));
    }

    [Fact]
    public void Shuffled_it_gives_the_same_configurations_in_an_order_of_the_seed()
    {
        var shuffled = SamplerCatalogue.Create(
            new SamplerSpec { Type = "grid", Options = new([new("shuffle", new ParameterValue.Flag(true))]) });
        var space = Space(new("a", new Domain.Int(0, 9)), new("b", new Domain.Int(0, 9)));

        var one = Enumerable.Range(0, 101).Select(index => shuffled.Suggest(space, [], index, 1)?.ToString()).ToList();
        var other = Enumerable.Range(0, 101).Select(index => shuffled.Suggest(space, [], index, 2)?.ToString()).ToList();

        Assert.Null(one[100]);
        Assert.Equal(All(space).Order(StringComparer.Ordinal), one.Take(100).Order(StringComparer.Ordinal)!);
        Assert.NotEqual(All(space), one.Take(100)!);
        Assert.NotEqual(one, other);
    }

    private static SearchSpace Space(params Parameter[] parameters) => new([.. parameters]);

    private static Domain.Choice Choice(params string[] values) => new([.. values.Select(value => new ParameterValue.Text(value))]);

    private static string Values(SearchSpace space) =>
        string.Join(' ', Configurations(space).Select(configuration => configuration.Values["x"].ToString()));

    private static IEnumerable<string> All(SearchSpace space) => Configurations(space).Select(configuration => configuration.ToString());

    private static IEnumerable<Configuration> Configurations(SearchSpace space)
    {
        for (var index = 0; _grid.Suggest(space, [], index, 0) is { } configuration; index++)
            yield return configuration;
    }
}
