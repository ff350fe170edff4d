using System.Globalization;
using Experiments.Samplers;
using Experiments.Schedulers;
using Experiments.Simulation;
using Experiments.Sweeps;
using Experiments.Trials;
using Xunit;
using static Experiments.Tests.Trials.SweepExample;

namespace Experiments.Tests.Trials;

/// <summary>What must not change a decision: the direction that a metric is read in, the sweep's name, a second run.</summary>
public sealed class SameDecisionsTests
{
    private static readonly SearchSpace _space = new(
        [new("rate", new Domain.Float(1e-5, 1e-1, Log: true)), new("rank", new Domain.Int(1, 64, Log: true))]);

    private static readonly Configuration _ladders = new(
        [new("brackets", new ParameterValue.Integer(3)), new("probes", new ParameterValue.Integer(0))]);

    private const string Ladders = "asha in ladders";

    /// <summary>Each scheduler with a sampler that learns, each sampler with a scheduler that lets trials rest.</summary>
    public static TheoryData<string, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string> { { "tpe", Ladders } };
            foreach (var scheduler in SchedulerCatalogue.All)
                pairs.Add("tpe", scheduler.Id);
            foreach (var sampler in SamplerCatalogue.All.Where(sampler => sampler.Id is not ("grid" or "tpe")))
                pairs.Add(sampler.Id, "asha");
            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Maximising_a_metric_is_minimising_it_negated(string sampler, string scheduler) =>
        Assert.Equal(Run(Spec(sampler, scheduler, maximize: false)), Run(Spec(sampler, scheduler, maximize: true)));

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_second_run_and_another_name_change_nothing(string sampler, string scheduler)
    {
        var spec = Spec(sampler, scheduler, maximize: false);
        var first = Run(spec);

        Assert.Equal(first, Run(spec));
        Assert.Equal(first, Run(spec with { Name = "renamed" }));
    }

    private static SweepSpec Spec(string sampler, string scheduler, bool maximize)
    {
        var block = Block("lesions", new MethodEntry { Name = "lora", Method = "lora", Space = _space });
        return Sweep([block with { Maximize = maximize }], scheduler == "successive-seeds" ? [0, 1, 2] : [0]) with
        {
            Sampler = new SamplerSpec { Type = sampler },
            Scheduler = scheduler == Ladders ? new() { Type = "asha", Options = _ladders } : new() { Type = scheduler },
            Trials = 30,
        };
    }

    private static List<string> Run(SweepSpec spec)
    {
        var ledger = Ledger(spec, SchedulerCatalogue.Create(spec.Scheduler), SamplerCatalogue.Create(spec.Sampler));
        var told = new List<string>();
        var cluster = new VirtualCluster { Devices = 3 };
        new VirtualSweep(Told(ledger.Start()), input => Told(ledger.Handle(input)), new Valley(spec.Tasks[0].Maximize), cluster).Run();
        Assert.Contains(told, said => said.EndsWith(nameof(TrialState.Completed), StringComparison.Ordinal));
        return told;

        LedgerStep Told(LedgerStep step)
        {
            told.AddRange(step.Events.Select(Say).OfType<string>());
            return step;
        }
    }

    private static string? Say(SweepEvent recorded) => recorded switch
    {
        SweepEvent.TrialCreated { Work: TrialWork.Train train } created => $"{created.Trial} is {train.Configuration}",
        SweepEvent.TrialLeased leased => $"{leased.Attempt} to {leased.Worker}",
        SweepEvent.TrialPromoted promoted => $"{promoted.Trial} goes on",
        SweepEvent.TrialEnded ended => $"{ended.Trial} {ended.State}",
        _ => null,
    };

    /// <summary>The best rate is 1e-3, the best rank 8; a trial in seven diverges.</summary>
    private sealed class Valley(bool negated) : ITrialModel
    {
        public int Steps(TrialWork work) => 27;

        public TimeSpan StepTime(TrialWork work) => TimeSpan.FromSeconds(1);

        public double Value(TrialId trial, TrialWork.Train work, int step)
        {
            var (rate, rank) = (Number(work, "rate"), Number(work, "rank"));
            var loss = Math.Abs(Math.Log10(rate) + 3) + Math.Abs(Math.Log2(rank) - 3) / 4 + 1.0 / step;
            return trial.Number % 7 == 6 ? double.NaN : negated ? -loss : loss;
        }

        private static double Number(TrialWork.Train work, string name) =>
            Convert.ToDouble(work.Configuration.Values[name].ToString(), CultureInfo.InvariantCulture);
    }
}
