using CsCheck;
using Experiments.Samplers;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Samplers;

public sealed class GpSamplerTests
{
    private static readonly SearchSpace _square = Space(new("x", new Domain.Float(-1, 1)), new("y", new Domain.Float(-1, 1)));

    private static readonly SearchSpace _branin = Space(new("x", new Domain.Float(-5, 10)), new("y", new Domain.Float(0, 15)));

    private static readonly ParameterValue[] _kinds =
        [new ParameterValue.Text("a"), new ParameterValue.Text("b"), new ParameterValue.Text("c")];

    [Fact]
    public void Gets_to_the_floor_of_a_bowl_in_few_steps()
    {
        var history = Study(_square, 20, Bowl);

        Assert.InRange(history.Min(Value), 0, 1e-4); // chance alone leaves about 0.04
    }

    [Fact]
    public void Gets_to_branins_floor_where_chance_would_be_a_hundred_times_higher()
    {
        var regrets = Enumerable.Range(0, 3).Select(seed => Study(_branin, 40, Branin, (ulong)seed).Min(Value) - 0.397887357729739);

        Assert.InRange(regrets.Max(), 0, 1e-3);
    }

    [Fact]
    public void Values_a_million_times_worse_do_not_hide_the_valley()
    {
        var history = Study(_square, 25, at => at.X > 0.5 ? 1e6 * (1.5 + at.Y) : Bowl(at));

        Assert.InRange(history.Min(Value), 0, 1e-3);
    }

    [Fact]
    public void Noise_does_not_keep_it_from_the_floor()
    {
        var noise = new Random(5);

        var history = Study(_square, 50, at => Bowl(at) + 0.1 * (noise.NextDouble() + noise.NextDouble() - 1));

        var late = history.Skip(30).Select(observation => Bowl(At(observation.Configuration))).Order().ToList();
        Assert.InRange(late[late.Count / 2], 0, 0.05); // a random point is 0.8 above the floor
    }

    [Fact]
    public void Finds_the_best_of_categories_flags_steps_and_whole_numbers()
    {
        var space = Space(
            new("kind", new Domain.Choice([.. _kinds])),
            new("flag", new Domain.Choice([new ParameterValue.Flag(false), new ParameterValue.Flag(true)])),
            new("rank", new Domain.Int(1, 256, Log: true)), new("rate", new Domain.Float(1e-5, 1, Log: true)),
            new("drop", new Domain.Float(0, 0.5, Step: 0.1)));

        var history = Study(space, 60, configuration =>
        {
            var values = configuration.Values;
            return (values["kind"].Equals(_kinds[1]) ? 0 : 1) + (values["flag"] is ParameterValue.Flag { Value: true } ? 0 : 0.5)
                + Math.Pow(Math.Log2(Number(values["rank"])) - 4, 2) + Math.Pow(Math.Log10(Number(values["rate"])) + 3, 2)
                + 10 * Math.Pow(Number(values["drop"]) - 0.2, 2);
        });

        Assert.InRange(history.Min(Value), 0, 1e-3);
        var best = history.MinBy(Value)!.Configuration.Values;
        Assert.Equal(
            (_kinds[1], new ParameterValue.Flag(true), new ParameterValue.Integer(16), new ParameterValue.Real(0.2)),
            (best["kind"], best["flag"], best["rank"], best["drop"]));
    }

    [Fact]
    public void Finds_the_branch_that_is_better_and_what_is_best_in_it()
    {
        var space = Space(
            new("kind", new Domain.Choice([.. _kinds])),
            new("x", new Domain.Float(0, 1), [new("kind", [_kinds[0]])]),
            new("y", new Domain.Float(0, 1), [new("kind", [_kinds[1]])]));

        var history = Study(space, 40, configuration =>
            configuration.Values.TryGetValue("x", out var x) ? 0.3 + Math.Pow(Number(x) - 0.2, 2)
            : configuration.Values.TryGetValue("y", out var y) ? 4 * Math.Pow(Number(y) - 0.8, 2)
            : 0.5);

        Assert.InRange(history.Min(Value), 0, 1e-4);
        Assert.Single(history, observation => observation.Configuration.Values.Count == 1); // 'c' alone is one configuration
    }

    [Fact]
    public void A_suggestion_depends_on_the_question_alone()
    {
        var history = Study(_branin, 15, Branin);

        var asked = new GpSampler(new()).Suggest(_branin, history, 15, 4);
        var other = new GpSampler(new());
        other.Suggest(_square, Study(_square, 12, Bowl), 12, 9);

        Assert.Equal(asked, other.Suggest(_branin, [.. history], 15, 4));
        Assert.NotEqual(asked, other.Suggest(_branin, [.. history.Take(14)], 15, 4));
    }

    [Fact]
    public void Workers_side_by_side_get_points_apart()
    {
        var history = Study(_branin, 12, Branin);

        for (var worker = 0; worker < 6; worker++)
            history.Add(new Observation(history.Count, new GpSampler(new()).Suggest(_branin, history, history.Count, 1)!, null, false));

        var running = history.Skip(12).Select(observation => At(observation.Configuration)).ToList();
        var least = running.Index().Min(one => running.Skip(one.Index + 1)
            .Select(other => Math.Sqrt(Math.Pow(one.Item.X - other.X, 2) + Math.Pow(one.Item.Y - other.Y, 2)))
            .DefaultIfEmpty(double.PositiveInfinity).Min());
        Assert.InRange(least, 1e-3, 15);
    }

    [Fact]
    public void Stays_away_from_where_configurations_fail()
    {
        var sampler = new GpSampler(new());
        var history = new List<Observation>();
        for (var index = 0; index < 40; index++)
        {
            var configuration = sampler.Suggest(_square, history, index, 3)!;
            var at = At(configuration);
            history.Add(at.X >= 0 ? new Observation(index, configuration, Bowl(at), Failed: false)
                : index % 2 == 0 ? new Observation(index, configuration, null, Failed: true)
                : new Observation(index, configuration, double.NaN, Failed: false));
        }

        Assert.InRange(history.Skip(20).Count(observation => At(observation.Configuration).X < 0), 0, 3); // 10 by chance
    }

    [Fact]
    public void Begins_evenly_over_every_range()
    {
        var sampler = new GpSampler(new() { StartupTrials = 8 });
        var drawn = Enumerable.Range(0, 8).Select(index => At(sampler.Suggest(_square, [], index, 1)!)).ToList();

        Assert.Equal(Enumerable.Range(0, 8), drawn.Select(at => (int)Math.Floor((at.X + 1) * 4)).Order());
        Assert.Equal(Enumerable.Range(0, 8), drawn.Select(at => (int)Math.Floor((at.Y + 1) * 4)).Order());
    }

    [Fact]
    public void A_finite_space_is_given_out_once_each_whatever_it_is_made_of()
    {
        var finite = SpaceGen.Finite.Where(space => SpaceGen.Listed(space).Take(25).Count() < 25);
        Gen.Select(finite, Gen.ULong, Gen.Int[1, 3]).Sample(
            (space, seed, workers) => GivesEachOnce(space, seed, workers), iter: 60);
    }

    [Fact]
    public void A_large_finite_space_is_not_listed_and_still_gives_nothing_twice()
    {
        var space = Space(new("a", new Domain.Int(1, 40)), new("b", new Domain.Int(1, 40)), new("kind", new Domain.Choice([.. _kinds])));

        var history = Study(space, 30, configuration =>
            Math.Pow(Number(configuration.Values["a"]) - 7, 2) + Math.Pow(Number(configuration.Values["b"]) - 30, 2));

        Assert.Equal(30, history.DistinctBy(observation => observation.Configuration).Count());
        Assert.InRange(history.Min(Value), 0, 2); // chance alone leaves about 17
    }

    [Fact]
    public void Equal_values_and_configurations_of_another_space_do_no_harm()
    {
        var foreign = new Configuration([new("x", new ParameterValue.Text("?")), new("z", new ParameterValue.Integer(3))]);
        var history = Enumerable.Range(0, 12).Select(index => new Observation(index, foreign, 1, Failed: false)).ToList();

        var suggested = At(new GpSampler(new()).Suggest(_square, history, 12, 1)!);

        Assert.InRange(suggested.X, -1, 1);
        Assert.InRange(suggested.Y, -1, 1);
    }

    /// <summary>Some workers at a time, values that tie, and failures.</summary>
    private static bool GivesEachOnce(SearchSpace space, ulong seed, int workers)
    {
        var sampler = new GpSampler(new() { StartupTrials = 2 });
        var history = new List<Observation>();
        while (sampler.Suggest(space, history, history.Count, seed) is { } configuration)
        {
            history.Add(new Observation(history.Count, configuration, null, Failed: false));
            if (history.Count >= workers)
            {
                var ended = history.Count - workers;
                history[ended] = history[ended] with { Value = ended % 5 == 3 ? null : ended % 3, Failed = ended % 5 == 3 };
            }
        }

        return history.Select(observation => observation.Configuration).ToHashSet().SetEquals(SpaceGen.Listed(space))
            && history.Count == sampler.Count(space);
    }

    private static List<Observation> Study(SearchSpace space, int trials, Func<(double X, double Y), double> function, ulong seed = 1) =>
        Study(space, trials, configuration => function(At(configuration)), seed);

    private static List<Observation> Study(SearchSpace space, int trials, Func<Configuration, double> function, ulong seed = 1)
    {
        var sampler = new GpSampler(new());
        var history = new List<Observation>();
        for (var index = 0; index < trials; index++)
        {
            var configuration = sampler.Suggest(space, history, index, seed)!;
            history.Add(new Observation(index, configuration, function(configuration), Failed: false));
        }

        return history;
    }

    private static double Bowl((double X, double Y) at) => Math.Pow(at.X - 0.3, 2) + Math.Pow(at.Y + 0.2, 2);

    private static double Branin((double X, double Y) at)
    {
        var valley = at.Y - 5.1 / (4 * Math.PI * Math.PI) * at.X * at.X + 5 / Math.PI * at.X - 6;
        return valley * valley + 10 * (1 - 1 / (8 * Math.PI)) * Math.Cos(at.X) + 10;
    }

    private static (double X, double Y) At(Configuration configuration) =>
        (Number(configuration.Values["x"]), Number(configuration.Values["y"]));

    private static double Number(ParameterValue value) => value switch
    {
        ParameterValue.Real real => real.Value,
        ParameterValue.Integer whole => whole.Value,
        _ => throw new InvalidOperationException($"{value} is no number."),
    };

    private static double Value(Observation observation) => observation.Value!.Value;

    private static SearchSpace Space(params Parameter[] parameters) => new([.. parameters]);
}
