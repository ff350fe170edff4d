using Experiments.Trials;

namespace Experiments.Schedulers;

/// <summary>Configurations that compete for seeds.</summary>
internal sealed class SeedGroup(SuccessiveSeeds.Options options)
{
    private readonly SeedRace _race = new(options.Race, options.Alpha);
    private readonly SortedDictionary<int, SeedConfiguration> _configurations = [];
    private readonly Dictionary<TrialId, SeedConfiguration> _of = [];
    private readonly List<SeedRung> _rungs = []; // the n-th: of n + 1 seeds
    private int _open; // trials that may run and have not ended

    public void Add(ScheduledTrial trial)
    {
        if (!_configurations.TryGetValue(trial.Index, out var configuration))
            _configurations.Add(trial.Index, configuration = new SeedConfiguration(trial.Id));
        configuration.Add(trial.Id);
        _of.Add(trial.Id, configuration);
        if (!configuration.Holds(trial.Id))
            _open++;
        else if (configuration.Next is not null)
            RungOf(configuration).Wait(configuration);
    }

    public bool Has(int configuration) => _configurations.ContainsKey(configuration);

    /// <summary>The trial to begin, and how many seeds its configuration has.</summary>
    public (TrialId Id, int Seeds)? Promotion(bool last)
    {
        for (var seeds = _rungs.Count; seeds > 0; seeds--)
        {
            var rung = _rungs[seeds - 1];
            if (rung.BestWaiting is { } best && rung.IsAmongBest(best, options.ReductionFactor))
                return (best.Next!.Value, seeds);
        }

        return last && _open == 0 && !_configurations.Values.Any(configuration => configuration.IsComplete) ? Furthest() : null;
    }

    /// <summary>Says whether the rule gave that promotion.</summary>
    public bool Promoted(TrialId id)
    {
        var configuration = _of[id];
        var rung = RungOf(configuration);
        rung.Leave(configuration);
        configuration.Promote();
        _open++;
        return rung.IsAmongBest(configuration, options.ReductionFactor);
    }

    public void Finished(TrialId id, double value)
    {
        var configuration = _of[id];
        configuration.Take(value);
        var rung = RungOf(configuration);
        var best = rung.Insert(configuration);
        if (double.IsInfinity(value))
            configuration.Closed ??= $"{id}, another seed of its configuration, came to no number.";
        else if (best != configuration)
            configuration.Closed ??= _race.Loss(configuration, best);
        if (configuration.Next is not null)
            rung.Wait(configuration);
    }

    public void Ended(TrialId id, TrialState state)
    {
        var configuration = _of[id];
        var wasHeld = configuration.Holds(id);
        if (!wasHeld)
            _open--;
        if (state == TrialState.Completed)
            return;

        if (configuration.Next is not null)
            RungOf(configuration).Leave(configuration);
        configuration.Closed ??= state switch
        {
            TrialState.Pruned => WhyPruned(id),
            TrialState.Failed => $"{id}, another seed of its configuration, failed.",
            _ => $"{id}, another seed of its configuration, is {state.ToString().ToLowerInvariant()}.",
        };
        if (state == TrialState.Failed && !wasHeld)
            Finished(id, double.PositiveInfinity);
    }

    public IEnumerable<TrialId> ClosedBy(TrialId ended) => _of[ended] is { Closed: not null } closed ? closed.Held : [];

    public bool IsClosed(TrialId id) => _of[id] is { Closed: not null } closed && closed.Holds(id);

    public string WhyPruned(TrialId id)
    {
        var configuration = _of[id];
        if (configuration.Closed is { } why)
            return why;
        if (configuration.Values.Count == 0)
            return "Its configuration has no value yet.";

        var rung = RungOf(configuration);
        var promoted = rung.Count / options.ReductionFactor;
        return $"By mean over {Plural(configuration.Values.Count)} its configuration is number {rung.RankOf(configuration) + 1} of "
            + $"{rung.Count}, of which {(promoted == 0 ? "none" : $"the best {promoted}")} got another.";
    }

    private static string Plural(int seeds) => seeds == 1 ? "1 seed" : $"{seeds} seeds";

    /// <summary>The best of those that have the most seeds, where no configuration came to all of them.</summary>
    private (TrialId Id, int Seeds)? Furthest()
    {
        for (var seeds = _rungs.Count; seeds > 0; seeds--)
        {
            if (_rungs[seeds - 1].BestWaiting is { } best)
                return (best.Next!.Value, seeds);
        }

        return null;
    }

    /// <summary>The rung that a configuration has come to.</summary>
    private SeedRung RungOf(SeedConfiguration configuration)
    {
        while (_rungs.Count < configuration.Values.Count)
            _rungs.Add(new SeedRung());
        return _rungs[configuration.Values.Count - 1];
    }
}
