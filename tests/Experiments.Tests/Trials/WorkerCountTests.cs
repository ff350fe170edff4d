using Experiments.Samplers;
using Experiments.Sweeps;
using Experiments.Trials;
using Xunit;
using static Experiments.Tests.Trials.SweepExample;

namespace Experiments.Tests.Trials;

/// <summary>What does not learn draws the same, however many work on it and whoever is done first.</summary>
public sealed class WorkerCountTests
{
    private static readonly SearchSpace _finite = new(
        [
            new("rank", new Domain.Int(1, 8)),
            new("experts", new Domain.Ordinal([.. new[] { 1, 2, 4 }.Select(value => new ParameterValue.Integer(value))])),
        ],
        [new Constraint("rank * experts <= 16")]);

    private static readonly SearchSpace _endless = new(
        [new("rate", new Domain.Float(1e-5, 1e-1, Log: true)), new("rank", new Domain.Int(1, 64, Log: true))],
        [new Constraint("rank * rate <= 1")]);

    [Theory]
    [InlineData("grid")]
    [InlineData("random")]
    [InlineData("sobol")]
    public void One_worker_and_eight_create_the_same_configurations(string sampler)
    {
        var spec = Sweep([Block("a", Entry("lora", sampler))], seeds: [0, 1]) with
        {
            Sampler = new SamplerSpec { Type = sampler }, Trials = 30,
        };

        var alone = Run(spec, workers: 1, order: 1);

        Assert.Equal(30, alone.Count);
        Assert.Equal(alone, Run(spec, workers: 8, order: 2));
        Assert.Equal(alone, Run(spec, workers: 8, order: 3));
    }

    [Theory]
    [InlineData("grid")]
    [InlineData("random")]
    [InlineData("sobol")]
    public void A_sweep_that_was_extended_has_the_configurations_that_it_would_have_had_at_once(string sampler)
    {
        var spec = Sweep([Block("a", Entry("lora", sampler))], seeds: [0]) with
        {
            Sampler = new SamplerSpec { Type = sampler }, Trials = 12,
        };
        var first = Ledger(spec, SamplerCatalogue.Create(spec.Sampler));
        var recorded = first.Start().Events;

        var extended = Ledger(spec with { Trials = 17 }, SamplerCatalogue.Create(spec.Sampler));
        foreach (var happened in recorded)
            extended.Replay(happened);
        var all = recorded.Concat(extended.Start().Events).OfType<SweepEvent.TrialCreated>().Select(Told);

        Assert.Equal(Run(spec with { Trials = 17 }, workers: 3, order: 4), all.Order(StringComparer.Ordinal));
    }

    private static MethodEntry Entry(string name, string sampler) =>
        new() { Name = name, Method = name, Space = sampler == "grid" ? _finite : _endless };

    private static string Told(SweepEvent.TrialCreated created) => created.Work is TrialWork.Train train
        ? $"{train.Index} {train.Replicate} {train.Configuration}"
        : throw new InvalidOperationException($"{created.Work}");

    /// <summary>The trials of a sweep whose workers finish in an arbitrary order.</summary>
    private static List<string> Run(SweepSpec spec, int workers, int order)
    {
        var ledger = Ledger(spec, SamplerCatalogue.Create(spec.Sampler));
        var created = new List<string>();
        var busy = new List<(WorkerInfo Worker, AttemptId Attempt)>();
        var known = Enumerable.Range(0, workers)
            .Select(number => new WorkerInfo($"w{number}", "cpu:0", "here"))
            .ToDictionary(worker => worker.Id);
        var random = new Random(order);
        Take(ledger.Start());
        foreach (var worker in known.Values)
            Take(ledger.Ready(worker));
        while (busy.Count > 0)
        {
            var (worker, attempt) = busy[random.Next(busy.Count)];
            busy.Remove((worker, attempt));
            Take(ledger.ReportAll(worker, attempt, new Report.Started(1, 0), Finished(random.NextDouble())));
            Take(ledger.Ready(worker));
        }

        Assert.Equal("done", ledger.Ended);
        return [.. created.Order(StringComparer.Ordinal)];

        void Take(LedgerStep step)
        {
            created.AddRange(step.Said<SweepEvent.TrialCreated>().Select(Told));
            busy.AddRange(step.Did<LedgerEffect.Assign>().Select(assign => (known[assign.Worker], assign.Assignment.Attempt)));
        }
    }
}
