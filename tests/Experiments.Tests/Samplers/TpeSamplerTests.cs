using Experiments.Samplers;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Samplers;

public sealed class TpeSamplerTests
{
    private static readonly SearchSpace _plane = new([new("x", new Domain.Float(-5, 10)), new("y", new Domain.Float(0, 15))]);

    private static readonly SearchSpace _branches = new(
    [
        new("kind", new Domain.Choice([new ParameterValue.Text("a"), new ParameterValue.Text("b")])),
        new("a", new Domain.Float(0, 1), [new("kind", [new ParameterValue.Text("a")])]),
        new("b", new Domain.Int(1, 40), [new("kind", [new ParameterValue.Text("b")])]),
        new("c", new Domain.Float(1e-4, 1, Log: true), [new("kind", [new ParameterValue.Text("b")])]),
    ]);

    [Fact]
    public void Starts_as_random_until_enough_have_finished_with_a_value()
    {
        var history = Study(_plane, 12, Branin);
        List<Observation> running = [.. history.Select(observation => observation with { Value = null })];
        var random = new RandomSampler();

        Assert.All(history.Take(10), drawn => Assert.Equal(random.Suggest(_plane, [], drawn.Index, 1), drawn.Configuration));
        Assert.NotEqual(random.Suggest(_plane, [], 11, 1), history[11].Configuration);
        Assert.Equal(random.Suggest(_plane, [], 12, 1), New().Suggest(_plane, running, 12, 1));
    }

    [Fact]
    public void Finds_what_random_draws_do_not()
    {
        var found = Enumerable.Range(0, 5).Select(seed => Best(Study(_plane, 60, Branin, (ulong)seed))).Order().ToList();
        var chance = Enumerable.Range(0, 5)
            .Select(seed => Best(Study(new RandomSampler(), _plane, 60, Branin, (ulong)seed))).Order().ToList();

        Assert.InRange(found[2] - 0.39788735772973816, 0, 0.1);
        Assert.InRange(chance[2] - 0.39788735772973816, 0.2, 10); // so the bound says something
    }

    [Fact]
    public void Learns_within_the_branch_that_is_better_and_which_one_that_is()
    {
        var history = Study(_branches, 60, values => values["kind"].ToString() == "a"
            ? 1 + Number(values["a"])
            : Math.Abs(Number(values["b"]) - 30) / 40 + Math.Abs(Math.Log10(Number(values["c"])) + 2));

        var late = history.Skip(30).Select(observation => observation.Configuration.Values).ToList();
        Assert.InRange(late.Count(values => values["kind"].ToString() == "b"), 20, 30);
        Assert.InRange(Best(history), 0, 0.15);
        Assert.All(late, values => Assert.Equal(values["kind"].ToString() == "a" ? 2 : 3, values.Count));
    }

    [Theory]
    [InlineData(8, 35, 90)] // too few trials to give it up: 1.5 / √28 of 200 are 57, others come by themselves
    [InlineData(20, 0, 25)] // 10 behind, and more trials did not bring it nearer
    public void Some_suggestions_tune_the_second_best_branch_while_it_may_win(int known, int least, int most)
    {
        var history = new List<Observation>();
        for (var index = 0; history.Count < 20 + known; index++)
        {
            var drawn = new RandomSampler().Suggest(_branches, [], index, 1)!;
            var isBest = drawn.Values["kind"].ToString() == "a";
            if (history.Count(each => each.Configuration.Values["kind"].Equals(drawn.Values["kind"])) < (isBest ? 20 : known))
            {
                var value = isBest ? Number(drawn.Values["a"]) : 10 + Math.Abs(Number(drawn.Values["b"]) - 30);
                history.Add(new Observation(history.Count, drawn, value, Failed: false));
            }
        }

        var suggested = Enumerable.Range(0, 200).Select(seed => New().Suggest(_branches, history, 40, (ulong)seed)!.Values).ToList();

        var second = suggested.Where(values => values["kind"].ToString() == "b").Select(values => Number(values["b"])).Order().ToList();
        Assert.InRange(second.Count, least, most);
        Assert.True(known == 20 || second[second.Count / 2] is >= 24 and <= 36);
    }

    [Fact]
    public void Keeps_away_from_trials_that_still_run()
    {
        var history = Study(_plane, 30, Branin);
        var (again, apart) = (0, 0.0);
        for (var seed = 0UL; seed < 20; seed++)
        {
            var first = New().Suggest(_plane, history, 40, seed)!;
            List<Observation> running =
                [.. history, .. Enumerable.Range(30, 3).Select(index => new Observation(index, first, null, false))];
            var second = New().Suggest(_plane, running, 40, seed)!;
            again += second.Equals(first) ? 1 : 0;
            apart += Math.Abs(Number(first.Values["x"]) - Number(second.Values["x"]));
        }

        Assert.InRange(again, 0, 5);
        Assert.InRange(apart / 20, 0.5, 15);
    }

    [Fact]
    public void Failed_ones_say_nothing_unless_they_are_to_be_avoided()
    {
        var history = Study(_plane, 30, Branin);
        var avoid = SamplerCatalogue.Create(
            new SamplerSpec { Type = "tpe", Options = new([new("failed", new ParameterValue.Text("avoid"))]) });
        var suggestion = New().Suggest(_plane, history, 40, 1)!;
        var near = new ParameterValue.Real(Number(suggestion.Values["x"]) + 1e-9); // the same is given once, failed or not
        var beside = new Configuration([new("x", near), new("y", suggestion.Values["y"])]);
        List<Observation> failed = [.. history, .. Enumerable.Range(30, 5).Select(index => new Observation(index, beside, null, true))];

        Assert.Equal(suggestion, New().Suggest(_plane, failed, 40, 1));
        Assert.NotEqual(suggestion, avoid.Suggest(_plane, failed, 40, 1));
    }

    [Fact]
    public void A_value_that_is_no_number_is_as_bad_as_can_be()
    {
        var history = Study(_plane, 30, Branin);
        List<Observation> diverged = [.. history.Select(observation => observation with { Value = double.NaN })];

        Assert.Equal(
            New().Suggest(_plane, [.. history.Take(29), history[29] with { Value = double.MaxValue }], 30, 1),
            New().Suggest(_plane, [.. history.Take(29), history[29] with { Value = double.NaN }], 30, 1));
        Assert.NotNull(New().Suggest(_plane, diverged, 30, 1));
    }

    [Fact]
    public void The_same_question_has_the_same_answer_whatever_was_asked_before_and_in_whatever_order_it_is_told()
    {
        var history = Study(_plane, 40, Branin);
        var other = Study(_plane, 25, values => -Branin(values), seed: 9);
        List<Observation> backwards = [.. Enumerable.Reverse(history)];
        List<Observation> more = [.. history, new(77, history[3].Configuration, -1000, false)];
        var used = New();

        var answer = New().Suggest(_plane, history, 50, 3);
        used.Suggest(_plane, other, 25, 3);
        used.Suggest(_branches, [], 0, 3);

        Assert.Equal(answer, used.Suggest(_plane, history, 50, 3));
        Assert.Equal(answer, used.Suggest(_plane, backwards, 50, 3));
        Assert.Equal(answer, used.Suggest(_plane, more, 50, 3)); // 77 came later
        Assert.Equal(answer, used.Suggest(new SearchSpace(_plane.Parameters), history, 50, 3));
        Assert.NotEqual(answer, used.Suggest(_plane, history, 50, 4));
        Assert.NotEqual(answer, used.Suggest(_plane, history, 51, 3));
    }

    [Fact]
    public void A_finite_space_gives_its_good_configurations_first_and_each_once()
    {
        var space = new SearchSpace([new("x", new Domain.Int(0, 19)), new("y", new Domain.Int(0, 9))]);
        var history = Study(space, 201, values => Math.Abs(Number(values["x"]) - 13) + Math.Abs(Number(values["y"]) - 4));

        Assert.Equal(200, history.Count);
        Assert.Equal(200, history.Select(observation => observation.Configuration).Distinct().Count());
        Assert.InRange(history.Take(60).Count(observation => observation.Value <= 3), 15, 25); // of 25 in all; by chance 8
    }

    [Fact]
    public void Where_there_is_no_end_of_configurations_none_comes_again_either()
    {
        var space = new SearchSpace([new("x", new Domain.Float(0, 1)), new("y", new Domain.Int(1, 3))]);
        var history = Study(space, 60, values => Math.Abs(Number(values["x"]) - 0.4) + Number(values["y"]));

        Assert.Equal(60, history.Select(observation => observation.Configuration).Distinct().Count());
    }

    private static TpeSampler New() => new(new TpeSampler.Options());

    private static List<Observation> Study(
        SearchSpace space, int trials, Func<IReadOnlyDictionary<string, ParameterValue>, double> value, ulong seed = 1) =>
        Study(New(), space, trials, value, seed);

    /// <summary>One trial after the other, each with its value before the next is drawn.</summary>
    private static List<Observation> Study(
        ISampler sampler, SearchSpace space, int trials, Func<IReadOnlyDictionary<string, ParameterValue>, double> value, ulong seed)
    {
        var history = new List<Observation>();
        while (history.Count < trials && sampler.Suggest(space, history, history.Count, seed) is { } configuration)
            history.Add(new Observation(history.Count, configuration, value(configuration.Values), false));
        return history;
    }

    private static double Best(List<Observation> history) => history.Min(observation => observation.Value!.Value);

    private static double Branin(IReadOnlyDictionary<string, ParameterValue> values)
    {
        var (x, y) = (Number(values["x"]), Number(values["y"]));
        var valley = y - (5.1 / (4 * Math.PI * Math.PI) * x * x) + (5 / Math.PI * x) - 6;
        return (valley * valley) + (10 * (1 - (1 / (8 * Math.PI))) * Math.Cos(x)) + 10;
    }

    private static double Number(ParameterValue value) => value switch
    {
        ParameterValue.Real real => real.Value,
        ParameterValue.Integer whole => whole.Value,
        _ => throw new ArgumentException($"{value} is no number.", nameof(value)),
    };
}
