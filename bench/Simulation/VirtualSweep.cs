using Experiments.Samplers;
using Experiments.Schedulers;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Bench.Simulation;

/// <summary>What a simulated sweep came to.</summary>
/// <param name="Scores">True final value of the incumbent (the trial with the lowest observed final value) after each
/// third of the budget.</param>
/// <param name="Started">Trials that began.</param>
/// <param name="Completed">Trials that reached their full resource.</param>
/// <param name="Epochs">Epochs trained.</param>
internal sealed record SimulatedResult(IReadOnlyList<double> Scores, int Started, int Completed, int Epochs);

/// <summary>
/// A sweep in virtual time: workers train an epoch in turn, and whichever is free takes the next piece of work at once, until a
/// budget of epochs is used. A trial that is promoted goes on where it rested, at no cost.
/// </summary>
internal sealed class VirtualSweep(CurveFamily family, ITrialScheduler scheduler, ISampler? sampler, ulong seed)
{
    private const int Workers = 8, Budget = 30 * CurveFamily.Epochs, Parts = 3;

    private readonly List<VirtualTrial> _trials = [];
    private readonly Queue<VirtualTrial> _training = [];

    /// <summary>Runs it. Without a sampler the family's shared configurations are used.</summary>
    public SimulatedResult Run()
    {
        for (var worker = 0; worker < Workers; worker++)
            _training.Enqueue(Take());

        var scores = new List<double>();
        for (var used = 1; used <= Budget; used++)
        {
            var trial = _training.Dequeue();
            _training.Enqueue(Train(trial) ? trial : Take());
            if (used * Parts % Budget == 0)
                scores.Add(Incumbent());
        }

        return new SimulatedResult(scores, _trials.Count, _trials.Count(trial => trial.Step == CurveFamily.Epochs), Budget);
    }

    private double Incumbent() => _trials.Where(trial => trial.Step == CurveFamily.Epochs).MinBy(trial => trial.Value) is { } best
        ? family.CurveOf(best.Configuration)(CurveFamily.Epochs)
        : double.PositiveInfinity;

    /// <summary>What a free worker does next.</summary>
    private VirtualTrial Take()
    {
        if (scheduler.Promotion(last: false) is { } promoted)
        {
            scheduler.Promoted(promoted);
            return Give(_trials[promoted.Number]);
        }

        var created = new VirtualTrial(new TrialId(_trials.Count), Draw());
        _trials.Add(created);
        scheduler.Add(new ScheduledTrial(created.Id, Group: 0, CurveFamily.Epochs));
        scheduler.Started(created.Id);
        return Give(created);
    }

    private VirtualTrial Give(VirtualTrial trial)
    {
        trial.MeasureAt = [.. scheduler.RungsOf(trial.Id), CurveFamily.Epochs];
        trial.RestsAt = scheduler.RestsAt(trial.Id);
        return trial;
    }

    private Configuration Draw() => sampler is null
        ? family.Shared(seed, _trials.Count)
        : sampler.Suggest(
            family.Space,
            [.. _trials.Select((trial, index) =>
                new Observation(index, trial.Configuration, trial.Value, Failed: false, (double)trial.MeasuredTo / CurveFamily.Epochs))],
            _trials.Count,
            seed)!;

    /// <summary>An epoch of a trial. Says whether it goes on.</summary>
    private bool Train(VirtualTrial trial)
    {
        trial.Step++;
        if (!trial.MeasureAt.Contains(trial.Step))
            return true;

        var value = family.Observed(seed, trial.Id.Number, trial.Configuration, trial.Step);
        (trial.Value, trial.MeasuredTo) = (value, trial.Step);
        scheduler.Measured(trial.Id, trial.Step, value);
        if (trial.Step == CurveFamily.Epochs)
            scheduler.Ended(trial.Id, TrialState.Completed);
        else if (scheduler.IsPruned(trial.Id))
            scheduler.Ended(trial.Id, TrialState.Pruned);
        else if (trial.Step == trial.RestsAt)
            scheduler.Rested(trial.Id, trial.Step);
        else
            return true;
        return false;
    }

    private sealed class VirtualTrial(TrialId id, Configuration configuration)
    {
        public TrialId Id => id;

        public Configuration Configuration => configuration;

        public int Step { get; set; }

        public double? Value { get; set; }

        public int MeasuredTo { get; set; }

        public HashSet<int> MeasureAt { get; set; } = [];

        public int? RestsAt { get; set; }
    }
}
