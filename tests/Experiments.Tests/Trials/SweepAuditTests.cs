using Experiments.Samplers;
using Experiments.Schedulers;
using Experiments.Sweeps;
using Experiments.Trials;
using Xunit;
using static Experiments.Tests.Trials.SweepExample;

namespace Experiments.Tests.Trials;

/// <summary>What is recorded can be recomputed, and what was not decided so is found.</summary>
public sealed class SweepAuditTests
{
    private static readonly PreparationCatalogue Catalogue = new(new Dictionary<string, PreparationDescription[]>());

    public static TheoryData<string> Samplers => [.. SamplerCatalogue.All.Select(part => part.Id)];

    public static TheoryData<string> Schedulers => [.. SchedulerCatalogue.All.Select(part => part.Id)];

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Every_suggestion_of_every_sampler_comes_out_again(string sampler)
    {
        var spec = Searched(sampler, "fifo");

        var audit = SweepAudit.Of(spec, Catalogue, RunUnderFaults(spec));

        Assert.Empty(audit.Disagreements);
        Assert.Equal(24, audit.Suggestions);
        Assert.All(audit.Trials, trial => Assert.Equal(TrialState.Completed, trial.State));
    }

    [Theory]
    [MemberData(nameof(Schedulers))]
    public void Every_decision_of_every_scheduler_comes_out_again(string scheduler)
    {
        var spec = Searched("random", scheduler);

        Assert.Empty(SweepAudit.Of(spec, Catalogue, RunUnderFaults(spec)).Disagreements);
    }

    [Fact]
    public void A_configuration_that_was_not_drawn_is_found()
    {
        var spec = Searched("random", "fifo");
        var events = RunUnderFaults(spec).ToList();
        var place = events.FindIndex(each => each is SweepEvent.TrialCreated { Trial.Number: 5 });
        var created = (SweepEvent.TrialCreated)events[place];
        var other = ListedSampler.Value("rank", new ParameterValue.Integer(99));
        events[place] = created with { Work = (TrialWork.Train)created.Work with { Configuration = other } };

        var found = Assert.Single(SweepAudit.Of(spec, Catalogue, events).Disagreements);

        Assert.StartsWith(
            "t5 was created as lora c2 seed 1 ({\"rank\":99}), and comes out as lora c2 seed 1 ({", found, StringComparison.Ordinal);
    }

    private static SweepSpec Searched(string sampler, string scheduler) =>
        Sweep([Block("lesions", new MethodEntry
        {
            Name = "lora",
            Method = "lora",
            Space = new SearchSpace(
            [
                new Parameter("learning_rate", new Domain.Float(1e-4, 1e-1, Log: true, Points: 4)),
                new Parameter("rank", new Domain.Int(1, 3)),
            ]),
        })], seeds: [0, 1]) with
        {
            Trials = 24,
            Retries = int.MaxValue,
            Sampler = new SamplerSpec { Type = sampler },
            Scheduler = new SchedulerSpec { Type = scheduler },
        };

    private static IReadOnlyList<SweepEvent> RunUnderFaults(SweepSpec spec)
    {
        var sweep = new SimulatedSweep(
            spec, workers: 3, () => SamplerCatalogue.Create(spec.Sampler), () => SchedulerCatalogue.Create(spec.Scheduler));
        var random = new Random(7);
        for (var happened = 0; happened < 400; happened++)
            sweep.Happen(random.Next(16 * 3 * 64));
        sweep.RunToTheEnd();
        return sweep.Recorded;
    }
}
