using System.Collections.Immutable;
using Experiments.Samplers;
using Experiments.Schedulers;
using Experiments.Sweeps;

namespace Experiments.Trials;

/// <summary>
/// Which trials a sweep should have: the preparations of its blocks, then configurations entry by entry, each with all its
/// seeds. Says one missing trial at a time, so that it goes on wherever the recorded trials end.
/// </summary>
internal sealed class TrialPlanner(ISampler sampler, ICatalogue catalogue, ITrialScheduler scheduler)
{
    private readonly Dictionary<string, TrialId> _prepared = new(StringComparer.Ordinal);
    private readonly Queue<PreparationDescription> _preparations = [];
    private readonly Queue<PlannedConfiguration> _incomplete = [];
    private IReadOnlyList<IReadOnlyList<PreparationDescription>> _byBlock = [];
    private IReadOnlyList<PlannedEntry> _entries = [];
    private Dictionary<(int Block, string Entry), PlannedEntry> _byName = [];
    private SweepSpec? _spec;

    /// <summary>Whether configurations are drawn only when a device is free.</summary>
    public bool IsLazy => sampler.UsesHistory;

    /// <summary>Whether a configuration is first asked for, and comes later.</summary>
    public bool Asks => sampler.IsSlow;

    /// <summary>What is asked and not answered.</summary>
    public IEnumerable<SuggestionQuestion> Questions => _entries
        .Where(entry => entry is { Asked: not null, IsDrawn: false })
        .Select(entry => new SuggestionQuestion(sampler, entry, entry.Asked!));

    /// <summary>Whether every configuration that the sweep should have is there.</summary>
    public bool IsDrawn => _entries.All(entry => entry.IsDrawn);

    /// <summary>Takes the specification in force.</summary>
    /// <exception cref="SpecException">When no trials can be planned from it; the one before stays in force.</exception>
    public void Adopt(SweepSpec spec)
    {
        var entries = _spec is null ? PlannedEntry.Order(spec, catalogue) : _entries;
        var quotas = Share(spec, entries);
        if (_spec is null)
        {
            _byBlock = [.. spec.Tasks.Select(block => catalogue.PreparationsOf(block))];
            foreach (var preparation in _byBlock.SelectMany(block => block).DistinctBy(preparation => preparation.Id))
                _preparations.Enqueue(preparation);
        }

        (_spec, _entries) = (spec, entries);
        _byName = entries.ToDictionary(entry => (entry.Block, entry.Entry.Name));
        Set(quotas);
        foreach (var configuration in entries.SelectMany(entry => entry.Configurations))
        {
            if (configuration.Missing(spec) is not null)
                _incomplete.Enqueue(configuration);
        }
    }

    /// <summary>The next trial that is missing; null when there is none, or none without another configuration and
    /// <paramref name="draw"/> does not allow one.</summary>
    public SweepEvent.TrialCreated? Next(TrialId id, bool draw)
    {
        while (_preparations.TryPeek(out var preparation))
        {
            if (!_prepared.ContainsKey(preparation.Id))
                return new(id, new TrialWork.Prepare(preparation.Id), [.. preparation.Needs.Select(need => _prepared[need])]);
            _preparations.Dequeue();
        }

        while (_incomplete.TryPeek(out var configuration))
        {
            if (configuration.Missing(_spec!) is { } replicate)
                return Create(id, configuration.Entry, configuration.Index, configuration.Configuration, replicate);
            _incomplete.Dequeue();
        }

        return draw ? Draw(id) : null;
    }

    /// <summary>The samplers know of earlier sweeps.</summary>
    public void TakeOver(SweepEvent.HistoryImported imported)
    {
        foreach (var history in imported.Histories)
            Entry(history.Block, history.Entry).TakeOver(history.Observations);
    }

    /// <summary>What should be asked next; null where all configurations are there or awaited, or others must be there first.</summary>
    public SweepEvent.SuggestionBegun? NextQuestion() =>
        NextEntry() is { } entry ? new(entry.Block, entry.Entry.Name, entry.Configurations.Count) : null;

    /// <summary>A configuration has been asked for.</summary>
    public void Ask(SweepEvent.SuggestionBegun begun) => Entry(begun.Block, begun.Entry).Ask(begun.Index);

    /// <summary>The trial that an answer makes; null where that is not awaited, or says that there is no more.</summary>
    public SweepEvent.TrialCreated? Answered(TrialId id, LedgerInput.Suggested answer)
    {
        var entry = Entry(answer.Block, answer.Entry);
        if (entry.Asked is null || entry.IsDrawn || entry.Configurations.Count != answer.Index)
            return null;
        if (answer.Configuration is { } configuration)
            return Create(id, entry, answer.Index, configuration, _spec!.Seeds[0]);

        Exhaust(entry);
        return null;
    }

    /// <summary>What comes out for a recorded trial where it is decided again.</summary>
    public SweepEvent.TrialCreated? Again(TrialId id, TrialWork.Train train)
    {
        var entry = Entry(train);
        return entry.Asked is { } known && entry.Configurations.Count == train.Index
            ? Answered(id, new SuggestionQuestion(sampler, entry, known).Answer())
            : Next(id, draw: true);
    }

    /// <summary>A trial has been created.</summary>
    public void Register(TrialId id, TrialWork work)
    {
        switch (work)
        {
            case TrialWork.Prepare prepare:
                _prepared.Add(prepare.Preparation, id);
                break;
            case TrialWork.Train train:
                var entry = Entry(train);
                var isNew = train.Index == entry.Configurations.Count;
                var configuration = entry.Register(id, train);
                if (isNew && configuration.Missing(_spec!) is not null)
                    _incomplete.Enqueue(configuration);
                break;
        }
    }

    /// <summary>A trial has ended after that time, with what it came to or nothing.</summary>
    public void Observe(TrialWork work, TrialResult? result, TimeSpan elapsed, TrialState state)
    {
        if (work is not TrialWork.Train train)
            return;

        var entry = Entry(train);
        entry.Observe(train, result, elapsed, counts: state is TrialState.Pruned or TrialState.Cancelled);
        if (state == TrialState.Invalid && entry.Reject(train.Index))
            Set(Share(_spec!, _entries));
    }

    /// <summary>What the configurations of a trial's entry have come to; where it is awaited, by the time that it was asked for.</summary>
    public IReadOnlyList<Observation> HistoryOf(TrialWork.Train train) => Entry(train).Asked ?? Entry(train).History;

    /// <summary>A trial as the scheduler should know it; null where it decides nothing about it.</summary>
    public ScheduledTrial? Scheduled(TrialId id, TrialWork work) =>
        work is TrialWork.Train train && Entry(train) is var entry && IsScheduled(entry)
            ? new ScheduledTrial(id, entry.Group, entry.Steps(train.Configuration))
            {
                Index = train.Index,
                Replicate = train.Replicate,
                Configuration = train.Configuration,
                Space = entry.Explored,
            }
            : null;

    /// <summary>Whether the scheduler decides about trials of this kind: not about what trains nothing, what others need,
    /// preparations, and, where it compares trials on their way, what goes nobody knows how far.</summary>
    public bool IsScheduled(TrialWork work) => work is TrialWork.Train train && IsScheduled(Entry(train));

    /// <summary>The value of the task's metric among those that a trial measured midway, lower is better; null for none.</summary>
    public double? ValueOf(TrialWork work, ImmutableSortedDictionary<string, double> values) =>
        work is TrialWork.Train train ? Entry(train).ValueOf(values) : null;

    /// <summary>A trial that the scheduler decides about has been measured midway.</summary>
    /// <returns>The value of the task's metric, lower is better; null where it is not among the values, or the trial is another.</returns>
    public double? Measure(TrialWork work, int step, ImmutableSortedDictionary<string, double> values)
    {
        if (work is not TrialWork.Train train || Entry(train) is not { HasSteps: true } entry || !IsScheduled(entry)
            || entry.ValueOf(values) is not { } value)
        {
            return null;
        }

        entry.Measure(train, step, value);
        return value;
    }

    private bool IsScheduled(PlannedEntry entry) =>
        entry is { Trains: true, IsExpert: false } && (entry.HasSteps || !scheduler.ComparesMidway);

    private SweepEvent.TrialCreated? Draw(TrialId id)
    {
        while (NextEntry() is { } entry)
        {
            var index = entry.Configurations.Count;
            if (StartingConfigurations.Suggest(sampler, entry.Entry, entry.History, index, entry.Seed) is { } configuration)
                return Create(id, entry, index, configuration, _spec!.Seeds[0]);

            Exhaust(entry);
        }

        return null;
    }

    private void Exhaust(PlannedEntry entry)
    {
        entry.Exhausted = true;
        Set(Share(_spec!, _entries));
    }

    /// <summary>Entry by entry; drawn lazily, experts first and then in turn, so that all entries learn at the same pace. Null
    /// where all are drawn, or what should come next is awaited.</summary>
    private PlannedEntry? NextEntry()
    {
        var open = _entries.Where(entry => !entry.IsDrawn);
        if (!IsLazy)
            return open.FirstOrDefault();
        if (open.FirstOrDefault(entry => entry.IsExpert) is { } expert)
            return expert.Asked is null ? expert : null;
        return open.Where(entry => entry.Asked is null).MinBy(entry => entry.Configurations.Count);
    }

    private SweepEvent.TrialCreated Create(TrialId id, PlannedEntry entry, int index, Configuration configuration, int replicate)
    {
        var seed = TrialSeed.OfTraining(_spec!.Seed, _spec.Tasks[entry.Block].Task, replicate);
        var work = new TrialWork.Train(entry.Block, entry.Entry.Name, index, configuration, replicate, seed);
        var prepared = _byBlock[entry.Block].Select(preparation => _prepared[preparation.Id]);
        return new(id, work, [.. prepared, .. entry.Experts?.Of(replicate) ?? []]);
    }

    private static void Set(IReadOnlyDictionary<PlannedEntry, long> quotas)
    {
        foreach (var (entry, quota) in quotas)
            entry.Quota = quota;
    }

    /// <summary>Shares the configurations that <c>trials</c> allows out over the entries in turn, as far as their spaces go. What was
    /// rejected is made up for in its own entry, up to as many as that should have: where all are rejected, it has an end.</summary>
    private Dictionary<PlannedEntry, long> Share(SweepSpec spec, IReadOnlyList<PlannedEntry> entries)
    {
        var sizes = entries.ToDictionary(entry => entry, entry => Size(spec, entry));
        var quotas = entries.ToDictionary(entry => entry, _ => 0L);
        var left = spec.Trials / spec.Seeds.Count ?? long.MaxValue;
        var there = entries.Sum(entry => entry.Configurations.Count - entry.Rejected);
        if (left < Math.Max(1, there))
        {
            throw new SpecException($"trials: {spec.Trials} is less than the {Math.Max(1, there) * spec.Seeds.Count} that "
                + $"{Math.Max(1, there)} configuration(s) with {spec.Seeds.Count} seed(s) need.");
        }

        var open = entries.Where(entry => sizes[entry] > 0).OrderBy(entry => entry.Block).ThenBy(entry => entry.Index).ToList();
        while (left > 0 && open.Count > 0)
        {
            var round = Math.Max(1, Math.Min(left / open.Count, open.Min(entry => sizes[entry] - quotas[entry])));
            foreach (var entry in open.Take((int)Math.Min(left, open.Count)))
            {
                quotas[entry] += round;
                left -= round;
            }

            open.RemoveAll(entry => quotas[entry] == sizes[entry]);
        }

        foreach (var entry in entries.Where(entry => entry.Rejected > 0))
            quotas[entry] = Math.Min(sizes[entry], quotas[entry] + Math.Min(entry.Rejected, quotas[entry]));
        return quotas;
    }

    private long Size(SweepSpec spec, PlannedEntry entry)
    {
        if (entry.Exhausted)
            return entry.Configurations.Count;
        if (sampler.Count(entry.Entry.Space) is { } count)
            return count;
        return spec.Trials is not null ? long.MaxValue : throw new SpecException(
            $"trials: missing; sampler '{spec.Sampler.Type}' draws from the space of '{entry.Entry.Name}' without end.");
    }

    private PlannedEntry Entry(TrialWork.Train train) => Entry(train.Block, train.Entry);

    private PlannedEntry Entry(int block, string name) => _byName.GetValueOrDefault((block, name))
        ?? throw new InvalidOperationException($"The sweep has no entry '{name}' in block {block}.");
}
