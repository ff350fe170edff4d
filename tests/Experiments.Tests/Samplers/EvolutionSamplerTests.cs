using Experiments.Samplers;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Samplers;

public sealed class EvolutionSamplerTests
{
    private static readonly EvolutionSampler _evolution = new(new EvolutionSampler.Options());

    [Fact]
    public void Fronts_come_one_after_the_other()
    {
        var ranked = Rank((1, 4), (2, 2), (4, 1), (3, 3), (5, 5));

        Assert.Equal([(0, 0), (2, 0), (1, 0), (3, 1), (4, 2)], ranked.Select(each => (each.Observation.Index, each.Rank)));
    }

    /// <summary>Of (1,5) (2,3) (3,2) (5,1): the ends are infinitely lonely, (2,3) has (3-1)/4 + (5-2)/4 = 1.25, (3,2) has
    /// (5-2)/4 + (3-1)/4 = 1.25.</summary>
    [Fact]
    public void On_a_front_the_lonely_come_first()
    {
        var ranked = Rank((3, 2), (1, 5), (5, 1), (2, 3));

        Assert.Equal(
            [(1, double.PositiveInfinity), (2, double.PositiveInfinity), (0, 1.25), (3, 1.25)],
            ranked.Select(each => (each.Observation.Index, each.Crowding)));
    }

    [Fact]
    public void What_exceeds_a_limit_comes_after_what_does_not_and_what_failed_after_all()
    {
        var best = Observed(0, 1) with { Violation = 2 };
        var failed = Observed(1, 0) with { Failed = true, Value = null, Objectives = [] };
        var less = Observed(2, 9) with { Violation = 1 };
        var valid = Observed(3, 7);
        var worthless = Observed(4, double.NaN);

        var ranked = ParetoRanking.Of([best, failed, less, valid, worthless]);

        Assert.Equal([3, 4, 2, 0, 1], ranked.Select(each => each.Observation.Index));
    }

    [Fact]
    public void One_objective_is_ranked_by_its_value()
    {
        double[] values = [3, 1, 2];

        var ranked = ParetoRanking.Of(values.Select((value, index) => Observed(index, value)));

        Assert.Equal([1, 2, 0], ranked.Select(each => each.Observation.Index));
    }

    /// <summary>Parents 0.2 and 0.6, index 15: at 0.1 the factor is (0.1 (2 - 2^-16))^(1/16) = 0.904299, near the lower one
    /// 0.4 - 0.2 * 0.904299 = 0.219140, and near the upper one, bounded by 2 - 3^-16, 0.580860.</summary>
    [Theory]
    [InlineData(0.1, false, 0.219140)]
    [InlineData(0.1, true, 0.580860)]
    [InlineData(0.5, false, 0.2)]
    [InlineData(0.9999999, false, 0)]
    [InlineData(0.9999999, true, 0.92)]
    public void A_child_is_near_one_of_its_parents_and_within_bounds(double drawn, bool isUpper, double child) =>
        Assert.Equal(child, EvolutionSampler.Cross(0.2, 0.6, drawn, isUpper), 0.03 * (drawn > 0.9 ? 1 : 1e-4));

    /// <summary>From 0.5, index 20: (0.5 + 0.5 * 0.5^21)^(1/21) - 1 = -0.032468 at 0.25, the same upwards at 0.75.</summary>
    [Theory]
    [InlineData(0.5, 0.25, 0, 0.467532)]
    [InlineData(0.5, 0.75, 0, 0.532468)]
    [InlineData(0.5, 0, 0, 0)]
    [InlineData(0.5, 1, 0, 1)]
    [InlineData(0.5, 0.25, 0.2, 0.3)] // at least to the next value
    [InlineData(0.5, 0.75, 0.2, 0.7)]
    public void A_mutation_stays_near_and_within_bounds(double from, double drawn, double step, double to) =>
        Assert.Equal(to, EvolutionSampler.Mutate(from, drawn, step), 1e-6);

    [Fact]
    public void Parents_are_those_of_complete_generations_whatever_is_still_out()
    {
        var history = Enumerable.Range(0, 60).Select(index => Observed(index, 100 - index)).ToList();
        history[3] = history[3] with { Value = null };

        var parents = _evolution.Parents(history, 60);

        Assert.Empty(_evolution.Parents(history, 24));
        Assert.Equal(Enumerable.Range(25, 24).Reverse(), parents.Select(each => each.Observation.Index));
    }

    [Fact]
    public void Finds_what_random_draws_do_not()
    {
        var space = SamplerStudy.Unit(4);

        var learnt = SamplerStudy.Median(seed => SamplerStudy.Best(_evolution, space, 240, seed, SamplerStudy.Valley), seeds: 3);
        var random = SamplerStudy.Median(seed => SamplerStudy.Best(new RandomSampler(), space, 240, seed, SamplerStudy.Valley), seeds: 3);

        Assert.True(learnt < random / 2, $"{learnt} against {random}");
    }

    /// <summary>x and 1 - √x at best, reached where the other parameters are 0 (ZDT1): area above the front up to (1, 2).</summary>
    [Fact]
    public void Covers_the_front_of_two_objectives()
    {
        var space = SamplerStudy.Unit(4);

        var learnt = SamplerStudy.Median(seed => Area(SamplerStudy.Run(_evolution, space, 288, seed, Zdt1)), seeds: 3);
        var random = SamplerStudy.Median(seed => Area(SamplerStudy.Run(new RandomSampler(), space, 288, seed, Zdt1)), seeds: 3);

        Assert.True(learnt > random + 0.3, $"{learnt} against {random}");
    }

    private static double[] Zdt1(Configuration configuration)
    {
        var first = configuration.Number("x0");
        var height = 1 + 9 * (configuration.Number("x1") + configuration.Number("x2") + configuration.Number("x3")) / 3;
        return [first, height * (1 - Math.Sqrt(first / height))];
    }

    private static double Area(List<Observation> history)
    {
        var (area, ceiling) = (0.0, 2.0);
        foreach (var each in history.OrderBy(each => each.Objectives[0]).Where(each => each.Objectives[0] <= 1))
        {
            area += (1 - each.Objectives[0]) * Math.Max(0, ceiling - each.Objectives[1]);
            ceiling = Math.Min(ceiling, each.Objectives[1]);
        }

        return area;
    }

    private static List<Ranked> Rank(params (double First, double Second)[] objectives) => ParetoRanking.Of(
        objectives.Select((each, index) => Observed(index, each.First) with { Objectives = [each.First, each.Second] }));

    private static Observation Observed(int index, double value) => new(
        index, new Configuration([new("x0", new ParameterValue.Real(index / 100.0))]), value, Failed: false);
}
