using CsCheck;
using Experiments.Samplers;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Samplers;

/// <summary>What an entry starts with comes first, and the sampler's own follow, each configuration of a finite space once.</summary>
public sealed class StartingConfigurationsTests
{
    private static readonly SearchSpace _six = new(
    [
        new("rank", new Domain.Choice([Whole(1), Whole(2), Whole(4)])),
        new("rslora", new Domain.Choice([new ParameterValue.Flag(false), new ParameterValue.Flag(true)])),
    ]);

    public static TheoryData<string> Ids => new(SamplerCatalogue.All.Select(sampler => sampler.Id));

    [Fact]
    public void A_grid_goes_on_in_its_order_and_fills_the_places_of_those_that_came_first()
    {
        // In order: 1-, 1+, 2-, 2+, 4-, 4+. The first two places are taken by 4+ and 1+, so 1- comes in the place of 4+.
        var drawn = Draw(new GridSampler(new()), _six, [At(4, true), At(1, true)], seed: 0);

        Assert.Equal([At(4, true), At(1, true), At(2, false), At(2, true), At(4, false), At(1, false)], drawn);
    }

    [Fact]
    public void A_grid_completes_a_configuration_with_values_that_it_goes_through()
    {
        var space = new SearchSpace([new("rate", new Domain.Float(0, 1, Points: 3)), new("rank", new Domain.Int(1, 9, Points: 3))]);

        var drawn = Draw(new GridSampler(new()), space, [Given(("rank", Whole(5)))], seed: 3);

        Assert.Equal(9, drawn.Distinct().Count());
        Assert.Equal(Whole(5), drawn[0].Values["rank"]);
        Assert.Contains(((ParameterValue.Real)drawn[0].Values["rate"]).Value, new[] { 0, 0.5, 1 });
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_finite_space_is_given_out_to_its_last_configuration_each_once(string id)
    {
        var sampler = SamplerCatalogue.Create(new SamplerSpec { Type = id });
        Gen.Select(SpaceGen.Finite, Gen.ULong).Where((space, _) => SpaceGen.Listed(space).Take(13).Count() is > 2 and < 13)
            .Sample((space, seed) =>
            {
                var all = SpaceGen.Listed(space).ToList();
                Configuration[] first = [all[^1], all[(int)(seed % (ulong)(all.Count - 1))]];
                var drawn = Draw(sampler, space, first, seed);
                return drawn.Take(2).SequenceEqual(first) && drawn.Count == all.Count && drawn.ToHashSet().SetEquals(all);
            }, iter: 20, seed: "0000KWf2AyP2");
    }

    [Fact]
    public void What_is_left_open_is_drawn_as_the_random_sampler_would_draw_it()
    {
        var space = new SearchSpace([new("rank", new Domain.Int(1, 64)), new("rate", new Domain.Float(0, 1))]);

        var drawn = Draw(new RandomSampler(), space, [Given(("rank", Whole(7))), Given(("rank", Whole(7)))], seed: 5, most: 3);

        for (var index = 0; index < 3; index++)
        {
            var alone = new RandomSampler().Suggest(space, [], index, 5)!;
            Assert.Equal(index < 2 ? Whole(7) : alone.Values["rank"], drawn[index].Values["rank"]);
            Assert.Equal(alone.Values["rate"], drawn[index].Values["rate"]);
        }
    }

    [Fact]
    public void A_given_parent_wakes_what_depends_on_it_and_constraints_hold()
    {
        var space = new SearchSpace(
            [
                new("experts", new Domain.Choice([Whole(2), Whole(4)])),
                new("top_k", new Domain.Int(1, 4), [new Condition("experts", [Whole(4)])]),
            ],
            [new Constraint("top_k * experts <= 8")]);

        var drawn = Draw(new RandomSampler(), space, [Given(("experts", Whole(4))), Given(("experts", Whole(4)))], seed: 1);

        Assert.Equal([1L, 2L], drawn.Take(2).Select(each => ((ParameterValue.Integer)each.Values["top_k"]).Value).Order());
        Assert.Equal(3, drawn.Count); // and 2 experts, without top_k
    }

    [Fact]
    public void Where_nothing_new_has_the_given_values_another_configuration_comes()
    {
        Configuration[] first = [Given(("rank", Whole(2))), Given(("rank", Whole(2))), Given(("rank", Whole(2)))];

        Assert.Equal(6, Draw(new GridSampler(new()), _six, first, seed: 4).Distinct().Count());
        Assert.Equal(6, Draw(new RandomSampler(), _six, first, seed: 4).Distinct().Count());
    }

    private static List<Configuration> Draw(
        ISampler sampler, SearchSpace space, Configuration[] first, ulong seed, int most = int.MaxValue)
    {
        var entry = new MethodEntry { Name = "lora", Method = "lora", Space = space, StartWith = [.. first] };
        var history = new List<Observation>();
        while (history.Count < most
            && StartingConfigurations.Suggest(sampler, entry, history, history.Count, seed) is { } configuration)
            history.Add(new Observation(history.Count, configuration, history.Count, Failed: false));
        return [.. history.Select(observation => observation.Configuration)];
    }

    private static Configuration At(long rank, bool rslora) =>
        Given(("rank", Whole(rank)), ("rslora", new ParameterValue.Flag(rslora)));

    private static Configuration Given(params (string Name, ParameterValue Value)[] values) =>
        new(values.Select(each => KeyValuePair.Create(each.Name, each.Value)));

    private static ParameterValue.Integer Whole(long value) => new(value);
}
