using CsCheck;
using Experiments.Samplers;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Samplers;

/// <summary>What every registered sampler keeps to, without being listed here.</summary>
public sealed class SamplerContractTests
{
    public static TheoryData<string> Ids => new(SamplerCatalogue.All.Select(sampler => sampler.Id));

    [Theory]
    [MemberData(nameof(Ids))]
    public void Stays_in_the_space_and_honours_conditions(string id)
    {
        var sampler = Create(id);
        Gen.Select(SpacesFor(sampler), Gen.ULong).Sample((space, seed) =>
            Draw(sampler, space, seed, 6).All(configuration => IsIn(space, configuration)));
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void Repeats_under_a_seed(string id)
    {
        Gen.Select(SpacesFor(Create(id)), Gen.ULong).Sample((space, seed) =>
            Draw(Create(id), space, seed, 6).SequenceEqual(Draw(Create(id), space, seed, 6)));
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void Survives_configurations_that_failed_or_have_no_value_yet(string id)
    {
        var sampler = Create(id);
        Gen.Select(SpacesFor(sampler), Gen.ULong, Gen.Bool).Sample((space, seed, failed) =>
        {
            var history = new List<Observation>();
            for (var index = 0; index < 5 && sampler.Suggest(space, history, index, seed) is { } configuration; index++)
                history.Add(new Observation(index, configuration, null, failed));
            return history.TrueForAll(observation => IsIn(space, observation.Configuration));
        });
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void Gives_again_what_an_earlier_sweep_tried(string id)
    {
        var sampler = Create(id);
        Gen.Select(SpaceGen.Finite, Gen.ULong).Where((space, _) => SpaceGen.Listed(space).Take(13).Count() < 13).Sample((space, seed) =>
        {
            var all = SpaceGen.Listed(space).ToList();
            var history = all.Concat(all)
                .Select((tried, place) => new Observation(place - 2 * all.Count, tried, place % all.Count, Failed: false)).ToList();
            while (sampler.Suggest(space, history, history.Count - 2 * all.Count, seed) is { } drawn)
                history.Add(new Observation(history.Count - 2 * all.Count, drawn, 1, Failed: false));
            return history.Skip(2 * all.Count).Select(each => each.Configuration).ToHashSet().SetEquals(all)
                && history.Count == 3 * all.Count;
        }, iter: 20);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void Gives_a_finite_space_out_to_the_last_configuration_each_once_and_then_no_more(string id)
    {
        var sampler = Create(id);
        var (most, spaces) = sampler.UsesHistory ? (25, 50) : (300, 200); // one that learns costs more with every configuration
        Gen.Select(SpaceGen.Finite, Gen.ULong).Where((space, _) => SpaceGen.Listed(space).Take(most).Count() < most).Sample((space, seed) =>
        {
            var all = SpaceGen.Listed(space).ToList();
            var drawn = Draw(sampler, space, seed, all.Count + 1);
            return sampler.Count(space) == all.Count
                && drawn.Count == all.Count
                && drawn.ToHashSet().SetEquals(all);
        }, iter: spaces);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void Gives_what_the_constraints_admit_and_nothing_else(string id)
    {
        var sampler = Create(id);
        var rule = new Constraint("p0 < p1 or p1 < 3");
        Gen.Select(SpaceGen.Finite, Gen.ULong)
            .Where((space, _) => space.Parameters.Count > 1 && SpaceGen.Listed(space).Take(200).Count() < 200)
            .Where((space, _) => space.Parameters.Take(2).All(parameter => parameter.Domain is Domain.Int or Domain.Ordinal))
            .Select((space, seed) => (space with { Constraints = [rule] }, seed))
            .Sample((space, seed) =>
            {
                var admitted = SpaceGen.Listed(space).Where(space.Admits).ToList();
                var drawn = Draw(sampler, space, seed, admitted.Count + 1);
                return sampler.Count(space) == admitted.Count && drawn.Count == admitted.Count && drawn.ToHashSet().SetEquals(admitted);
            }, iter: sampler.UsesHistory ? 10 : 30);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void Values_of_early_steps_count_with_what_they_may_be_expected_to_come_to(string id)
    {
        var space = new SearchSpace([new("x", new Domain.Float(0, 1)), new("y", new Domain.Float(0, 1))]);
        if (Create(id) is not { UsesHistory: true } sampler)
            return;

        var history = Enumerable.Range(0, 40).Select(index =>
        {
            var configuration = new RandomSampler().Suggest(space, [], index, 3)!;
            var end = ((ParameterValue.Real)configuration.Values["x"]).Value;
            return index % 3 == 0
                ? new Observation(index, configuration, end, false) { Earlier = [new(0.1, 9 - end)] }
                : new Observation(index, configuration, 9 - end, false, 0.1);
        }).ToList();

        Assert.Equal(
            sampler.Suggest(space, CurveExtrapolation.Of(history, 40, parameters: 2), 40, 3), sampler.Suggest(space, history, 40, 3));
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void The_empty_space_has_one_configuration(string id)
    {
        var space = new SearchSpace([]);

        Assert.Equal(1, Create(id).Count(space));
        Assert.Equal([Configuration.Empty], Draw(Create(id), space, 1, 3));
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void Is_described(string id)
    {
        var description = SamplerCatalogue.All.Single(sampler => sampler.Id == id);

        Assert.NotEmpty(description.Summary);
        Assert.All(description.Options, option => Assert.NotEmpty(option.Summary));
    }

    private static ISampler Create(string id) => SamplerCatalogue.Create(new SamplerSpec { Type = id });

    /// <summary>Spaces without a domain that the sampler refuses.</summary>
    private static Gen<SearchSpace> SpacesFor(ISampler sampler) =>
        SpaceGen.Any.Where(space => space.Parameters.All(parameter => sampler.Obstacle(parameter.Domain) is null));

    private static List<Configuration> Draw(ISampler sampler, SearchSpace space, ulong seed, int count)
    {
        var history = new List<Observation>();
        while (history.Count < count && sampler.Suggest(space, history, history.Count, seed) is { } configuration)
            history.Add(new Observation(history.Count, configuration, Value: history.Count % 3, Failed: false));
        return [.. history.Select(observation => observation.Configuration)];
    }

    private static bool IsIn(SearchSpace space, Configuration configuration) =>
        configuration.Values.Keys.All(name => space.Parameters.Any(parameter => parameter.Name == name))
        && space.Parameters.All(parameter => parameter.When.All(condition => condition.HoldsIn(configuration.Values))
            ? configuration.Values.TryGetValue(parameter.Name, out var value) && IsIn(parameter.Domain, value)
            : !configuration.Values.ContainsKey(parameter.Name));

    private static bool IsIn(Domain domain, ParameterValue value) => domain is Domain.Float { Step: null } range
        ? value is ParameterValue.Real { Value: var real } && real >= range.Low && real <= range.High
        : SpaceGen.ValuesOf(domain).Contains(value);
}
