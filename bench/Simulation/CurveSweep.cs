using Experiments.Samplers;
using Experiments.Schedulers;
using Experiments.Simulation;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Bench.Simulation;

/// <summary>What a simulated sweep came to.</summary>
/// <param name="Scores">True final value of the incumbent (the trial with the lowest observed final value) after each
/// third of the budget.</param>
/// <param name="Started">Trials that began.</param>
/// <param name="Completed">Trials that reached their full resource.</param>
internal sealed record CurveResult(IReadOnlyList<double> Scores, int Started, int Completed);

/// <summary>
/// A sweep over a family of curves: eight workers train an epoch in turn, and whichever is free takes the next piece of work at
/// once, until a budget of epochs is used. A trial that is promoted goes on where it rested, at no cost.
/// </summary>
internal sealed class CurveSweep(CurveFamily family, SchedulerSpec scheduler, string? sampler, int seed)
{
    private const int Workers = 8, Budget = 30 * CurveFamily.Epochs, Parts = 3;

    private (double Observed, Configuration Configuration)? _incumbent;
    private int _started;

    /// <summary>Runs it. Without a sampler the family's shared configurations are used.</summary>
    public CurveResult Run()
    {
        var spec = Spec(family, seed, Budget, new SamplerSpec { Type = sampler ?? "random" }, scheduler);
        var draws = sampler is null ? new SharedConfigurations(family, (ulong)seed) : SamplerCatalogue.Create(spec.Sampler);
        var ledger = new SweepLedger(spec, new CurveCatalogue(), draws, SchedulerCatalogue.Create(scheduler));
        var model = new CurveModel(family, (ulong)seed);
        var sweep = new VirtualSweep(
            ledger.Start(), input => Note(ledger, input), model, new VirtualCluster { Devices = Workers, ReportEvery = 1 });

        var scores = new List<double>();
        while (scores.Count < Parts && sweep.Advance())
        {
            if (sweep.Steps >= (scores.Count + 1) * Budget / Parts)
                scores.Add(_incumbent is { } best ? family.CurveOf(best.Configuration)(CurveFamily.Epochs) : double.PositiveInfinity);
        }

        return new CurveResult(scores, _started, ledger.Counts.GetValueOrDefault(TrialState.Completed));
    }

    /// <summary>A sweep over a family.</summary>
    public static SweepSpec Spec(CurveFamily family, int seed, int trials, SamplerSpec sampler, SchedulerSpec scheduler) => new()
    {
        Name = "curves",
        Seed = seed,
        Tasks =
        [
            new TaskBlock
            {
                Task = "curves",
                Size = "",
                Base = "",
                Metric = "loss",
                Maximize = false,
                Methods = [new MethodEntry { Name = CurveCatalogue.Method, Method = CurveCatalogue.Method, Space = family.Space }],
            },
        ],
        Trials = trials,
        Sampler = sampler,
        Scheduler = scheduler,
    };

    private LedgerStep Note(SweepLedger ledger, LedgerInput input)
    {
        var step = ledger.Handle(input);
        foreach (var recorded in step.Events)
        {
            switch (recorded)
            {
                case SweepEvent.TrialLeased { Attempt.Number: 1 }:
                    _started++;
                    break;
                case SweepEvent.AttemptEnded { Outcome: AttemptOutcome.Finished finished } ended:
                    var observed = finished.Result.Metrics.Values.Single();
                    if (!(_incumbent?.Observed <= observed))
                        _incumbent = (observed, ((TrialWork.Train)ledger.Find(ended.Attempt.Trial)!.Work).Configuration);
                    break;
            }
        }

        return step;
    }
}
