using System.Collections.Immutable;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Simulation;

/// <summary>What a sweep comes to in virtual time.</summary>
public sealed class SweepSimulation
{
    private readonly SortedDictionary<(int Block, int Entry, int Step), SimulatedRung> _rungs = [];
    private readonly Dictionary<TrialId, (int Block, int Entry, int Step)> _at = [];
    private readonly SweepSpec _spec;
    private readonly SweepLedger _ledger;
    private readonly VirtualSweep _sweep;
    private readonly ITrialModel _model;

    private SweepSimulation(SweepSpec spec, ICatalogue catalogue, ITrialModel model, VirtualCluster cluster)
    {
        (_spec, _model) = (spec, model);
        _ledger = new SweepLedger(spec, catalogue);
        _sweep = new VirtualSweep(_ledger.Start(), Handle, model, cluster);
    }

    /// <summary>When it ended, or was broken off.</summary>
    public TimeSpan Time => _sweep.Now;

    /// <summary>Whether it came to its end.</summary>
    public bool HasEnded => _sweep.HasEnded;

    /// <summary>Time in which devices worked, of all devices in sum.</summary>
    public TimeSpan Busy => _sweep.Busy;

    /// <summary>What <see cref="Busy"/> would be if every trial that was drawn ran to its end.</summary>
    public TimeSpan Full { get; private set; }

    /// <summary>Steps that were trained, <see cref="UndoneSteps"/> included.</summary>
    public long Steps => _sweep.Steps;

    /// <summary>Steps that were lost with a worker, not being saved.</summary>
    public long UndoneSteps => _sweep.UndoneSteps;

    /// <summary>How many workers were lost.</summary>
    public int Losses => _sweep.Losses;

    /// <summary>Number of trainings by state; states without any are absent.</summary>
    public ImmutableSortedDictionary<TrialState, int> Trials { get; private set; } = ImmutableSortedDictionary<TrialState, int>.Empty;

    /// <summary>The steps at which trials were measured on the way, entry by entry in file order, from the lowest.</summary>
    public IReadOnlyCollection<SimulatedRung> Rungs => _rungs.Values;

    /// <summary>Simulates a sweep.</summary>
    /// <param name="spec">The sweep, with its own sampler and scheduler.</param>
    /// <param name="catalogue">What its file can name.</param>
    /// <param name="model">What trials take and come to.</param>
    /// <param name="cluster">What they run on.</param>
    /// <param name="until">Breaks it off at that time; null to run to the end.</param>
    /// <exception cref="SpecException">When no trials can be planned from the sweep.</exception>
    public static SweepSimulation Run(
        SweepSpec spec, ICatalogue catalogue, ITrialModel model, VirtualCluster cluster, TimeSpan? until = null)
    {
        var simulation = new SweepSimulation(spec, catalogue, model, cluster);
        simulation._sweep.Run(until);
        simulation.Sum();
        return simulation;
    }

    private LedgerStep Handle(LedgerInput input)
    {
        var step = _ledger.Handle(input);
        foreach (var recorded in step.Events)
        {
            if (recorded is SweepEvent.MetricReported { Values.IsEmpty: false } metric)
                Reach(metric.Attempt.Trial, metric.Step);
        }

        return step;
    }

    /// <summary>A trial was measured; where that is on its way, the step counts as a rung.</summary>
    private void Reach(TrialId trial, int step)
    {
        if (_at.TryGetValue(trial, out var left))
            _rungs[left] = _rungs[left] with { WentOn = _rungs[left].WentOn + 1 };
        _at.Remove(trial);
        if (_ledger.Find(trial)!.Work is not TrialWork.Train train || step >= _model.Steps(train))
            return;

        var entry = _spec.Tasks[train.Block].Methods.ToList().FindIndex(method => method.Name == train.Entry);
        var rung = (train.Block, entry, step);
        var reached = _rungs.GetValueOrDefault(rung, new SimulatedRung(train.Block, train.Entry, step, Reached: 0, WentOn: 0));
        _rungs[rung] = reached with { Reached = reached.Reached + 1 };
        _at[trial] = rung;
    }

    private void Sum()
    {
        var counts = new SortedDictionary<TrialState, int>();
        foreach (var trial in _ledger.Trials)
        {
            if (trial.Work is not TrialWork.Train)
                continue;
            counts[trial.State] = counts.GetValueOrDefault(trial.State) + 1;
            Full += _model.Steps(trial.Work) * _model.StepTime(trial.Work);
        }

        Trials = counts.ToImmutableSortedDictionary();
    }
}

/// <summary>A step at which trials of an entry were measured on the way.</summary>
/// <param name="Block">Index of the task block.</param>
/// <param name="Entry">Name of the method entry.</param>
/// <param name="Step">The step.</param>
/// <param name="Reached">Trials that were measured there.</param>
/// <param name="WentOn">Those of them that were measured again later.</param>
public sealed record SimulatedRung(int Block, string Entry, int Step, int Reached, int WentOn);
