using Experiments.Samplers;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Samplers;

public sealed class CmaEsSamplerTests
{
    private static readonly CmaEsSampler _cmaEs = new(new CmaEsSampler.Options());

    /// <summary>
    /// One dimension, a generation of 4. Weights: ln 2.5 : ln 1.25 = 0.916 : 0.223, so 0.80416 and 0.19584. The better two are
    /// 1.333 and 0.667 steps off, together 1.20278, so the mean is 0.5 + 0.3 * 1.20278 = 0.86083. Effective weights
    /// 1 / (0.80416² + 0.19584²) = 1.45979; step rate 3.45979 / 7.45979 = 0.46379, damping 1.46379; path
    /// √(0.46379 * 1.53621 * 1.45979) * 1.20278 = 1.22664 of 0.79762 expected; step 0.3 * exp(0.46379 / 1.46379 * 0.53788) = 0.35574.
    /// </summary>
    [Fact]
    public void A_generation_moves_mean_step_and_covariance_as_worked_by_hand()
    {
        var normal = new CovarianceAdaptation([0.5], 0.3, 4);

        normal.Update([[0.9], [0.7], [0.1], [0.2]]);

        Assert.Equal(0.860832571986546, normal.Mean[0], 1e-12);
        Assert.Equal(0.35574135561817294, normal.Step, 1e-12);
        Assert.Equal(0.40300689381794425, normal.Deviation(0), 1e-12);
    }

    [Fact]
    public void A_step_that_the_distribution_could_not_have_made_is_shortened_and_one_unknown_says_nothing()
    {
        var far = new CovarianceAdaptation([0.5, 0.5], 0.01, 4);
        far.Update([[1, 0.5], [1, 0.5], [0, 0], [0, 0]]);
        var unknown = new CovarianceAdaptation([0.5, 0.5], 0.3, 4);
        unknown.Update([[0.8, double.NaN], [0.8, double.NaN], [0, 0], [0, 0]]);

        Assert.Equal(0.5 + 0.01 * (Math.Sqrt(2) + 1), far.Mean[0], 1e-12); // √n + 2n / (n + 2) steps at most
        Assert.Equal(0.8, unknown.Mean[0], 1e-12);
        Assert.Equal(0.5, unknown.Mean[1]);
    }

    [Fact]
    public void The_state_depends_on_what_ended_not_on_when_and_one_that_is_out_holds_nobody_up()
    {
        var space = SamplerStudy.Unit(2);
        var history = SamplerStudy.Run(_cmaEs, space, 30, seed: 3, each => [SamplerStudy.Valley(each)]);
        var late = history.ToList();
        late[2] = late[2] with { Value = null, Objectives = [] };

        var (all, without) = (Learnt(history), Learnt(late));

        Assert.Equal(30 / 6, history.Count / all.Normal.Population);
        Assert.NotEqual(all.Normal.Mean, without.Normal.Mean);
        Assert.NotEqual(0.5, without.Normal.Mean[0]);
        Assert.Equal(all.Normal.Mean, Learnt([.. history.AsEnumerable().Reverse()]).Normal.Mean);

        CmaEsSampler.Learner Learnt(IReadOnlyList<Observation> known) => _cmaEs.Learn(UnitCube.Of(space), known, 30, seed: 3);
    }

    [Fact]
    public void Failures_count_as_worse_than_any_value()
    {
        var space = SamplerStudy.Unit(1);
        double[] places = [0.9, 0.7, 0.1, 0.2];
        var history = places.Select((place, index) => new Observation(
            index, new Configuration([new("x0", new ParameterValue.Real(place))]), index < 2 ? index : null, Failed: index >= 2));

        var learnt = _cmaEs.Learn(UnitCube.Of(space), [.. history], 4, seed: 1);

        Assert.Equal(0.860832571986546, learnt.Normal.Mean[0], 1e-12);
    }

    [Fact]
    public void Starts_again_elsewhere_with_twice_the_generation_when_steps_have_become_tiny()
    {
        var space = SamplerStudy.Unit(1);
        var history = Enumerable.Range(0, 400).Select(index => new Observation(
            index, new Configuration([new("x0", new ParameterValue.Real(0.5))]), 1, Failed: false)).ToList();

        var learnt = _cmaEs.Learn(UnitCube.Of(space), history, 400, seed: 1);

        Assert.True(learnt.Normal.Population > 4);
        Assert.True(learnt.Normal.LargestDeviation >= 1e-6);
    }

    [Fact]
    public void Finds_what_random_draws_do_not()
    {
        var space = SamplerStudy.Unit(4);

        var learnt = SamplerStudy.Median(seed => SamplerStudy.Best(_cmaEs, space, 160, seed, SamplerStudy.Valley), seeds: 5);
        var random = SamplerStudy.Median(seed => SamplerStudy.Best(new RandomSampler(), space, 160, seed, SamplerStudy.Valley), seeds: 5);

        Assert.True(learnt < random / 10, $"{learnt} against {random}");
    }

    [Fact]
    public void Finds_whole_numbers_and_choices_too()
    {
        var space = new SearchSpace(
        [
            new("rank", new Domain.Int(1, 256, Log: true)), new("width", new Domain.Ordinal([.. Enumerable.Range(0, 20)
                .Select(value => new ParameterValue.Integer(value))])), new("rate", new Domain.Float(1e-5, 1e-1, Log: true)),
            new("kind", new Domain.Choice([.. Enumerable.Range(0, 4).Select(value => new ParameterValue.Integer(value))])),
        ]);

        var median = SamplerStudy.Median(seed => SamplerStudy.Best(_cmaEs, space, 150, seed, Off), seeds: 5);

        Assert.True(median < 0.1, $"{median}");

        static double Off(Configuration each) => Math.Abs(Math.Log2(each.Number("rank")) - 5) + Math.Abs(each.Number("width") - 13) / 5
            + Math.Abs(Math.Log10(each.Number("rate")) + 2) / 2 + (each.Number("kind") == 2 ? 0 : 1);
    }
}
