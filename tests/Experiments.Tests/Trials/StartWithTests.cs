using Experiments.Samplers;
using Experiments.Schedulers;
using Experiments.Sweeps;
using Experiments.Trials;
using Xunit;
using static Experiments.Tests.Trials.SweepExample;

namespace Experiments.Tests.Trials;

/// <summary>A sweep that starts with given configurations.</summary>
public sealed class StartWithTests
{
    private static readonly PreparationCatalogue Catalogue = new(new Dictionary<string, PreparationDescription[]>());

    public static TheoryData<string> Samplers => [.. SamplerCatalogue.All.Select(part => part.Id)];

    [Theory]
    [MemberData(nameof(Samplers))]
    public void They_are_the_first_trials_of_any_sampler_and_come_out_again(string sampler)
    {
        var spec = Sweep([Block("lesions", new MethodEntry
        {
            Name = "lora",
            Method = "lora",
            Space = new SearchSpace(
            [
                new Parameter("rate", new Domain.Float(0, 1, Points: 5)),
                new Parameter("rank", new Domain.Int(1, 3)),
            ]),
            StartWith =
            [
                new([new("rank", new ParameterValue.Integer(3)), new("rate", new ParameterValue.Real(0.75))]),
                new([new("rank", new ParameterValue.Integer(2))]),
            ],
        })], seeds: [0, 1]) with { Trials = 24, Sampler = new SamplerSpec { Type = sampler } };
        var sweep = new SimulatedSweep(spec, workers: 2, () => SamplerCatalogue.Create(spec.Sampler), () => new FifoScheduler());
        sweep.RunToTheEnd();

        var trials = sweep.Recorded.OfType<SweepEvent.TrialCreated>().Select(created => (TrialWork.Train)created.Work).ToList();
        var first = Enumerable.Range(0, 2).Select(index => trials.First(train => train.Index == index).Configuration).ToList();

        Assert.Equal("""{"rank":3,"rate":0.75}""", first[0].ToString());
        Assert.Equal(new ParameterValue.Integer(2), first[1].Values["rank"]);
        Assert.Equal(12, trials.DistinctBy(train => train.Configuration).Count());
        Assert.Empty(SweepAudit.Of(spec, Catalogue, sweep.Recorded).Disagreements);
        Assert.True(TrialOrigin.Of(spec, Catalogue, sweep.Recorded, T(2))!.IsGiven);
        Assert.False(TrialOrigin.Of(spec, Catalogue, sweep.Recorded, T(4))!.IsGiven);
    }
}
