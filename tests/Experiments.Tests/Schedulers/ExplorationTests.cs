using CsCheck;
using Experiments.Samplers;
using Experiments.Schedulers;
using Experiments.Sweeps;
using Experiments.Tests.Samplers;
using Experiments.Trials;
using Xunit;

namespace Experiments.Tests.Schedulers;

public sealed class ExplorationTests
{
    private static readonly Domain Ranks = new Domain.Ordinal([Whole(2), Whole(4), Whole(8)]);

    private static readonly PopulationBasedTraining.Options Perturbing = new() { ResampleProbability = 0 };

    public static TheoryData<Domain, ParameterValue, ParameterValue, ParameterValue> Neighbours => new()
    {
        { new Domain.Float(0, 1), Real(0.5), Real(0.4), Real(0.6) },
        { new Domain.Float(0, 0.55), Real(0.5), Real(0.4), Real(0.55) }, // cut off
        { new Domain.Float(-1, 1), Real(-0.5), Real(-0.4), Real(-0.6) }, // times 0.8 and 1.2
        { new Domain.Float(1e-4, 1e-1, Log: true), Real(1e-2), Real(8e-3), Real(1.2e-2) },
        { new Domain.Float(4, 64, Step: 4), Real(16), Real(12), Real(20) }, // 12.8 and 19.2, to the nearest step
        { new Domain.Float(4, 64, Step: 4), Real(4), Real(4), Real(8) }, // 4.8 is nearest to 4, so one step further
        { new Domain.Int(1, 100), Whole(50), Whole(40), Whole(60) },
        { new Domain.Int(1, 100), Whole(2), Whole(1), Whole(3) }, // 1.6 and 2.4 are 2 again, so one further
        { new Domain.Int(1, 4), Whole(1), Whole(1), Whole(2) }, // there is nothing below
        { new Domain.Int(1, 64, Log: true), Whole(10), Whole(8), Whole(12) },
        { new Domain.Int(10, 100, Step: 10), Whole(50), Whole(40), Whole(60) },
        { Ranks, Whole(4), Whole(2), Whole(8) },
        { Ranks, Whole(2), Whole(4), Whole(4) }, // its only neighbour
        { Ranks, Whole(8), Whole(4), Whole(4) },
        { new Domain.Ordinal([Whole(2)]), Whole(2), Whole(2), Whole(2) },
        { new Domain.Fixed(Real(3)), Real(3), Real(3), Real(3) },
    };

    [Theory]
    [MemberData(nameof(Neighbours))]
    public void A_value_moves_by_a_fifth_or_to_its_neighbour(Domain domain, ParameterValue from, ParameterValue down, ParameterValue up)
    {
        Assert.Equal(down.ToString(), Rounded(Exploration.Perturbed(domain, from, isUp: false)!));
        Assert.Equal(up.ToString(), Rounded(Exploration.Perturbed(domain, from, isUp: true)!));
    }

    [Fact]
    public void Choices_are_drawn_anew_and_what_may_not_change_stays()
    {
        var space = new SearchSpace(
        [
            new Parameter("rank", new Domain.Int(1, 64)),
            new Parameter("loss", new Domain.Choice([Text("a"), Text("b"), Text("c")])),
        ]);
        var donor = Donor(space, ["loss"], ("rank", Whole(7)), ("loss", Text("a")));

        var explored = Explored(donor, 60).ToList();

        Assert.All(explored, configuration => Assert.Equal(Whole(7), configuration.Values["rank"]));
        Assert.Equal(3, explored.Select(configuration => configuration.Values["loss"]).Distinct().Count());
    }

    [Fact]
    public void Only_the_named_parameters_change()
    {
        var space = new SearchSpace([new Parameter("a", new Domain.Float(0, 1)), new Parameter("b", new Domain.Float(0, 1))]);
        var donor = Donor(space, ["a", "b"], ("a", Real(0.5)), ("b", Real(0.5)));

        var explored = Exploration.Near(donor, new TrialId(3), 10, Perturbing with { Parameters = ["b"] });

        Assert.Equal(Real(0.5), explored.Values["a"]);
        Assert.True(Rounded(explored.Values["b"]) is "0.4" or "0.6");
    }

    [Fact]
    public void A_quarter_of_the_values_is_drawn_anew_from_the_whole_range()
    {
        var space = new SearchSpace([new Parameter("a", new Domain.Float(0, 1))]);
        var donor = Donor(space, ["a"], ("a", Real(0.5)));

        var drawn = Explored(donor, 1_000, new()).Select(each => Rounded(each.Values["a"])).Where(value => value is not ("0.4" or "0.6"));

        Assert.InRange(drawn.Count(), 210, 290);
    }

    [Fact]
    public void A_condition_takes_its_parameter_away_and_brings_it_back_drawn()
    {
        var space = new SearchSpace(
        [
            new Parameter("optimizer", new Domain.Choice([Text("adamw"), Text("sgd")])),
            new Parameter("momentum", new Domain.Float(0, 0.9), [new Condition("optimizer", [Text("sgd")])]),
        ]);
        var without = Donor(space, ["optimizer", "momentum"], ("optimizer", Text("adamw")));

        Assert.All(Explored(without, 40), each =>
            Assert.Equal(each.Values["optimizer"].Equals(Text("sgd")), each.Values.ContainsKey("momentum")));
        Assert.Contains(Explored(without, 40), each => each.Values.ContainsKey("momentum"));
    }

    [Fact]
    public void A_parent_stays_where_its_change_would_take_away_what_may_not_change()
    {
        var space = new SearchSpace(
        [
            new Parameter("kind", new Domain.Choice([Text("flat"), Text("deep")])),
            new Parameter("rank", new Domain.Int(1, 8), [new Condition("kind", [Text("deep")])]),
        ]);
        var donor = Donor(space, ["kind"], ("kind", Text("deep")), ("rank", Whole(4)));

        Assert.All(Explored(donor, 40), each => Assert.Equal(donor.Configuration, each));
    }

    [Fact]
    public void Constraints_hold_and_where_nothing_near_keeps_them_nothing_changes()
    {
        var parameter = new Parameter("a", new Domain.Float(0, 1));
        var donor = Donor(
            new SearchSpace([parameter], [new Constraint("a <= 0.5")]), ["a"], ("a", Real(0.5)));
        var stuck = Donor(
            new SearchSpace([parameter], [new Constraint("a == 0.5")]), ["a"], ("a", Real(0.5)));

        Assert.All(Explored(donor, 20), each => Assert.Equal("0.4", Rounded(each.Values["a"])));
        Assert.Equal(stuck.Configuration, Exploration.Near(stuck, new TrialId(1), 10, Perturbing));
    }

    [Fact]
    public void Whatever_the_space_what_comes_out_is_of_it_and_comes_out_again()
    {
        SpaceGen.Finite.Sample(
            space =>
            {
                var donor = new ScheduledTrial(new TrialId(0), 0, 10)
                {
                    Configuration = new RandomSampler().Suggest(space, [], 0, seed: 5)!,
                    Space = new ExploredSpace(space, space.Parameters.Select(parameter => parameter.Name).ToHashSet(), Seed: 5),
                };

                var explored = Exploration.Near(donor, new TrialId(1), 10, new());

                Assert.Equal(explored, Exploration.Near(donor, new TrialId(1), 10, new()));
                Assert.Contains(explored, SpaceGen.Listed(space));
            },
            iter: 100, seed: "0000KWf2AyP4");
    }

    private static IEnumerable<Configuration> Explored(ScheduledTrial donor, int trials, PopulationBasedTraining.Options? options = null) =>
        Enumerable.Range(1, trials).Select(number => Exploration.Near(donor, new TrialId(number), 10, options ?? Perturbing));

    private static ScheduledTrial Donor(SearchSpace space, string[] mutable, params (string Name, ParameterValue Value)[] values) =>
        new(new TrialId(0), 0, 100)
        {
            Configuration = new Configuration(values.Select(each => KeyValuePair.Create(each.Name, each.Value))),
            Space = new ExploredSpace(space, mutable.ToHashSet(), Seed: 17),
        };

    /// <summary>As a person would write it: products of decimals are off in the last bits.</summary>
    private static string Rounded(ParameterValue value) =>
        value is ParameterValue.Real real ? new ParameterValue.Real(Math.Round(real.Value, 9)).ToString() : value.ToString()!;

    private static ParameterValue.Real Real(double value) => new(value);

    private static ParameterValue.Integer Whole(long value) => new(value);

    private static ParameterValue.Text Text(string value) => new(value);
}
