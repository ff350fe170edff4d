using Experiments.Samplers;
using Experiments.Sweeps;

namespace Experiments.Trials;

/// <summary>A method entry of a sweep with the configurations that it has so far.</summary>
internal sealed class PlannedEntry(int block, int index, PlannedEntry? experts, SweepSpec spec)
{
    private readonly TaskBlock _task = spec.Tasks[block];
    private readonly List<PlannedConfiguration> _configurations = [];
    private readonly List<Observation> _history = [];
    private readonly Dictionary<int, List<TrialId>> _byReplicate = [];

    /// <summary>Index of its block.</summary>
    public int Block { get; } = block;

    /// <summary>Its index in the block.</summary>
    public int Index { get; } = index;

    public MethodEntry Entry { get; } = spec.Tasks[block].Methods[index];

    /// <summary>The entry whose trials are the experts of this one's; null where it needs none.</summary>
    public PlannedEntry? Experts { get; } = experts;

    /// <summary>Whether another entry needs this one's trials as experts.</summary>
    public bool IsExpert { get; private set; }

    /// <summary>Seed of its configurations.</summary>
    public ulong Seed { get; } = TrialSeed.OfEntry(spec.Seed, block, spec.Tasks[block].Methods[index].Name);

    /// <summary>How many configurations it should have.</summary>
    public long Quota { get; set; }

    /// <summary>Whether the sampler has no more.</summary>
    public bool Exhausted { get; set; }

    public bool IsDrawn => Exhausted || Configurations.Count >= Quota;

    public IReadOnlyList<PlannedConfiguration> Configurations => _configurations;

    /// <summary>What each configuration came to, by index.</summary>
    public IReadOnlyList<Observation> History => _history;

    /// <summary>Its trials with that replicate, in order of number.</summary>
    public IReadOnlyList<TrialId> Of(int replicate) => _byReplicate.TryGetValue(replicate, out var trials) ? trials : [];

    /// <summary>The entries of a sweep in file order, but those that others need as experts before these.</summary>
    /// <exception cref="SpecException">When an entry names experts that its block has not, or is in need of itself.</exception>
    public static IReadOnlyList<PlannedEntry> Order(SweepSpec spec)
    {
        var ordered = new List<PlannedEntry>();
        for (var block = 0; block < spec.Tasks.Count; block++)
        {
            for (var index = 0; index < spec.Tasks[block].Methods.Count; index++)
                Place(block, index, []);
        }

        return ordered;

        PlannedEntry Place(int block, int index, IReadOnlyList<int> path)
        {
            if (ordered.Find(planned => planned.Block == block && planned.Index == index) is { } there)
                return there;
            if (path.Contains(index))
                throw new SpecException($"experts: '{spec.Tasks[block].Methods[index].Name}' is among its own experts.");

            var experts = ExpertsOf(spec.Tasks[block], index) is { } needed ? Place(block, needed, [.. path, index]) : null;
            experts?.IsExpert = true;
            var planned = new PlannedEntry(block, index, experts, spec);
            ordered.Add(planned);
            return planned;
        }
    }

    /// <summary>A trial of this entry has been created.</summary>
    public PlannedConfiguration Register(TrialId id, TrialWork.Train train)
    {
        if (train.Index == _configurations.Count)
        {
            _configurations.Add(new PlannedConfiguration(this, train.Index, train.Configuration));
            _history.Add(new Observation(train.Index, train.Configuration, null, Failed: false));
        }

        if (!_byReplicate.TryGetValue(train.Replicate, out var trials))
            _byReplicate[train.Replicate] = trials = [];
        trials.Add(id);
        _configurations[train.Index].Add(train.Replicate);
        return _configurations[train.Index];
    }

    /// <summary>A trial of this entry has ended.</summary>
    public void Observe(TrialWork.Train train, TrialResult? result)
    {
        var metrics = result?.Metrics;
        double? value = metrics is null ? null
            : metrics.TryGetValue($"validation_{_task.Metric}", out var validation) ? validation
            : metrics.TryGetValue(_task.Metric, out var plain) ? plain
            : null;
        _history[train.Index] = _configurations[train.Index].Observe(train.Replicate, _task.Maximize ? -value : value);
    }

    private static int? ExpertsOf(TaskBlock block, int index)
    {
        var entry = block.Methods[index];
        if (entry.Experts is null)
            return null;

        var experts = block.Methods.ToList().FindIndex(other => other.Name == entry.Experts);
        return experts >= 0 ? experts : throw new SpecException(
            $"experts: '{entry.Name}' names '{entry.Experts}', which is not an entry beside it.");
    }
}

/// <summary>A configuration of an entry with its replicates.</summary>
internal sealed class PlannedConfiguration(PlannedEntry entry, int index, Configuration configuration)
{
    // Null until that replicate's trial has ended. Sorted, so that a mean is summed up in the same order whatever the order
    // in which the trials ended.
    private readonly SortedDictionary<int, (bool Ended, double? Value)> _replicates = [];

    public PlannedEntry Entry { get; } = entry;

    public int Index { get; } = index;

    public Configuration Configuration { get; } = configuration;

    public void Add(int replicate) => _replicates.Add(replicate, (Ended: false, null));

    /// <summary>The first seed of the sweep that this configuration has no trial for.</summary>
    public int? Missing(SweepSpec spec)
    {
        foreach (var seed in spec.Seeds)
        {
            if (!_replicates.ContainsKey(seed))
                return seed;
        }

        return null;
    }

    public Observation Observe(int replicate, double? value)
    {
        _replicates[replicate] = (Ended: true, value);
        var values = _replicates.Values.Select(each => each.Value).OfType<double>().ToList();
        return new Observation(
            Index, Configuration, values.Count > 0 ? values.Average() : null,
            Failed: values.Count == 0 && _replicates.Values.All(each => each.Ended));
    }
}
