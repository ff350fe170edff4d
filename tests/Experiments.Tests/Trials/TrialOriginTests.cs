using Experiments.Samplers;
using Experiments.Schedulers;
using Experiments.Sweeps;
using Experiments.Trials;
using Xunit;
using static Experiments.Tests.Trials.SweepExample;

namespace Experiments.Tests.Trials;

public sealed class TrialOriginTests
{
    private static readonly PreparationCatalogue Catalogue = new(new Dictionary<string, PreparationDescription[]>());

    /// <summary>Rungs at 1 and 3 of 6 steps; one worker, so that the order of events is known.</summary>
    private static readonly SweepSpec Spec = Sweep([Block("lesions", new MethodEntry
    {
        Name = "lora",
        Method = "lora",
        Space = new SearchSpace([new Parameter("rank", new Domain.Float(1, 64, Log: true))]),
    })], seeds: [0]) with
    {
        Trials = 9,
        Sampler = new SamplerSpec { Type = "tpe" },
        Scheduler = new SchedulerSpec
        {
            Type = "asha",
            Options = new Configuration([new("probes", new ParameterValue.Integer(0)), new("min_steps", new ParameterValue.Integer(1))]),
        },
    };

    [Fact]
    public void Tells_what_the_sampler_had_seen_and_how_the_trial_stood_at_each_rung()
    {
        var sweep = new SimulatedSweep(
            Spec, workers: 1, () => SamplerCatalogue.Create(Spec.Sampler), () => SchedulerCatalogue.Create(Spec.Scheduler));
        sweep.RunToTheEnd();
        var promoted = sweep.Recorded.OfType<SweepEvent.TrialPromoted>().First().Trial;

        var origin = TrialOrigin.Of(Spec, Catalogue, sweep.Recorded, promoted)!;

        Assert.Equal(("tpe", "asha", promoted.Number, 0, 0), (origin.Sampler, origin.Scheduler, origin.Known, origin.Open, origin.Failed));
        Assert.True(origin.ComesOutAgain);
        var first = origin.Measurements[0];
        Assert.Equal((1, SimulatedWorker.Loss(promoted, 1), true), (first.Step, first.Value, first.IsPromoted));
        Assert.Equal(3, origin.Measurements[1].Step);
    }

    [Fact]
    public void A_rank_counts_those_that_were_there_by_then()
    {
        var sweep = new SimulatedSweep(
            Spec, workers: 1, () => SamplerCatalogue.Create(Spec.Sampler), () => SchedulerCatalogue.Create(Spec.Scheduler));
        sweep.RunToTheEnd();

        for (var number = 0; number < 9; number++)
        {
            var first = TrialOrigin.Of(Spec, Catalogue, sweep.Recorded, T(number))!.Measurements[0];

            // Dice: more is better.
            var better = Enumerable.Range(0, number).Count(other => SimulatedWorker.Loss(T(other), 1) > SimulatedWorker.Loss(T(number), 1));
            Assert.Equal((1 + better, number + 1), (first.Rank, first.Of));
        }
    }

    [Fact]
    public void What_was_not_drawn_has_no_origin()
    {
        Assert.Null(TrialOrigin.Of(Spec, Catalogue, [new SweepEvent.SweepStarted(Spec)], T(0)));
    }
}
