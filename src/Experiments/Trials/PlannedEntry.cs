using System.Collections.Immutable;
using Experiments.Samplers;
using Experiments.Schedulers;
using Experiments.Sweeps;

namespace Experiments.Trials;

/// <summary>A method entry of a sweep with the configurations that it has so far.</summary>
internal sealed class PlannedEntry(int block, int index, PlannedEntry? experts, SweepSpec spec, ICatalogue catalogue)
{
    private const double SameProgress = 1e-9; // shares of steps are rounded

    private readonly TaskBlock _task = spec.Tasks[block];
    private readonly long? _usualSteps = catalogue.UsualSteps;
    private readonly List<PlannedConfiguration> _configurations = [];
    private readonly ObservationHistory _history = new();
    private readonly Dictionary<int, List<TrialId>> _byReplicate = [];
    private readonly HashSet<int> _rejected = [];
    private Observation[]? _asked;

    /// <summary>Index of its block.</summary>
    public int Block { get; } = block;

    /// <summary>Its index in the block.</summary>
    public int Index { get; } = index;

    public MethodEntry Entry { get; } = spec.Tasks[block].Methods[index];

    /// <summary>The entry whose trials are the experts of this one's; null where it needs none.</summary>
    public PlannedEntry? Experts { get; } = experts;

    /// <summary>Whether another entry needs this one's trials as experts.</summary>
    public bool IsExpert { get; private set; }

    /// <summary>Whether it is known how many steps its trials make: not where nothing is trained, or where no parameter of a program
    /// tells.</summary>
    public bool HasSteps { get; } = catalogue.MostStepsOf(spec.Tasks[block], spec.Tasks[block].Methods[index]) is not null;

    /// <summary>Whether its trials do anything that another seed or more steps could change.</summary>
    public bool Trains => HasSteps || !_task.IsTraining;

    /// <summary>A number of its own among the entries of the sweep.</summary>
    public int Group { get; private init; }

    /// <summary>Seed of its configurations.</summary>
    public ulong Seed { get; } = TrialSeed.OfEntry(spec.Seed, block, spec.Tasks[block].Methods[index].Name);

    /// <summary>Its space, and what of it may change while a trial trains.</summary>
    public ExploredSpace Explored { get; } = new(
        spec.Tasks[block].Methods[index].Space,
        catalogue.MutableParametersOf(spec.Tasks[block], spec.Tasks[block].Methods[index]),
        TrialSeed.OfEntry(spec.Seed, block, spec.Tasks[block].Methods[index].Name));

    /// <summary>How many configurations it should have.</summary>
    public long Quota { get; set; }

    /// <summary>How many of its configurations were rejected by what was to train them, so that others are tried in their place.</summary>
    public int Rejected => _rejected.Count;

    /// <summary>Whether the sampler has no more.</summary>
    public bool Exhausted { get; set; }

    /// <summary>What was known when its next configuration was asked for; null unless it is awaited.</summary>
    public IReadOnlyList<Observation>? Asked => _asked;

    public bool IsDrawn => Exhausted || Configurations.Count >= Quota;

    public IReadOnlyList<PlannedConfiguration> Configurations => _configurations;

    /// <summary>What was taken over from earlier sweeps, then what each configuration came to, by index.</summary>
    public IReadOnlyList<Observation> History => _history;

    /// <summary>Its trials with that replicate, in order of number.</summary>
    public IReadOnlyList<TrialId> Of(int replicate) => _byReplicate.TryGetValue(replicate, out var trials) ? trials : [];

    /// <summary>The entries of a sweep in file order, but those that others need as experts before these.</summary>
    /// <exception cref="SpecException">When an entry names experts that its block has not, or is in need of itself.</exception>
    public static IReadOnlyList<PlannedEntry> Order(SweepSpec spec, ICatalogue catalogue)
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
            var planned = new PlannedEntry(block, index, experts, spec, catalogue) { Group = ordered.Count };
            ordered.Add(planned);
            return planned;
        }
    }

    /// <summary>Its sampler knows from the start what earlier sweeps found, the oldest first.</summary>
    public void TakeOver(EquatableArray<Observation> observations) => _history.TakeOver(observations);

    /// <summary>Its next configuration is asked for.</summary>
    public void Ask(int index)
    {
        if (_asked is not null || index != _configurations.Count)
            throw new InvalidOperationException($"Configuration {index} of '{Entry.Name}' cannot be asked for.");
        _asked = [.. _history];
    }

    /// <summary>A trial of this entry has been created.</summary>
    public PlannedConfiguration Register(TrialId id, TrialWork.Train train)
    {
        if (train.Index == _configurations.Count)
        {
            _asked = null;
            _configurations.Add(new PlannedConfiguration(this, train.Index, train.Configuration));
            _history.Note(new Observation(train.Index, train.Configuration, null, Failed: false));
        }

        if (!_byReplicate.TryGetValue(train.Replicate, out var trials))
            _byReplicate[train.Replicate] = trials = [];
        trials.Add(id);
        _configurations[train.Index].Add(train.Replicate);
        return _configurations[train.Index];
    }

    /// <summary>Steps to the full resource of a trial.</summary>
    public int Steps(Configuration configuration) => Steps(configuration, _usualSteps);

    /// <summary>The same by what holds where the configuration does not say.</summary>
    public static int Steps(Configuration configuration, long? preset) => configuration.Steps ?? (int)(preset ?? 1);

    /// <summary>The value of the task's metric among others, turned so that lower is better; null for none.</summary>
    public double? ValueOf(ImmutableSortedDictionary<string, double> values)
    {
        var value = _task.ValueOf(values);
        return _task.Maximize ? -value : value;
    }

    /// <summary>A trial of this entry was measured midway.</summary>
    public void Measure(TrialWork.Train train, int step, double value)
    {
        if (!double.IsFinite(value))
            return;
        var progress = Math.Min(1, step / (double)Steps(train.Configuration));
        var recent = Recent(train, progress, value);
        var mean = recent.Average(report => report.Value);
        Note(train, new Replicate(Ended: false, mean, progress) { Recent = recent, Earlier = Before(train, progress) });
    }

    /// <summary>A trial of this entry has ended.</summary>
    /// <param name="train">Its work.</param>
    /// <param name="result">What it came to; null where it did not reach its full resource.</param>
    /// <param name="elapsed">How long it took.</param>
    /// <param name="counts">Whether what was measured midway still tells something about its configuration.</param>
    public void Observe(TrialWork.Train train, TrialResult? result, TimeSpan elapsed, bool counts)
    {
        var value = result is null ? null : ValueOf(result.Metrics);
        if (value is null && counts)
        {
            Note(train, _configurations[train.Index].Of(train.Replicate) with { Ended = true, Recent = [] });
            return;
        }

        var mean = value is { } final ? Recent(train, 1, final).Average(report => report.Value) : value;
        Note(train, new Replicate(Ended: true, mean, Progress: 1)
        {
            Earlier = Before(train, 1),
            Further = result is null ? [] : [.. _task.Objectives.Select(objective => Turned(objective, result, elapsed))],
            Violation = result is null ? 0 : TrialOutcome.Violation(_task, result, elapsed),
        });
    }

    /// <summary>A trial of a configuration was rejected; says whether it is the first of them.</summary>
    public bool Reject(int index) => _rejected.Add(index);

    /// <summary>What counts of a trial's reports with a newest one: those over the last third of its training, since a single one is
    /// as noisy as the metric is. Where other objectives go with the metric, or only the best value counts, the newest alone.</summary>
    private EquatableArray<Measurement> Recent(TrialWork.Train train, double progress, double value) =>
        _task.Objectives.Count > 0 || _task.Command?.TakesBest == true
            ? [new(progress, value)]
            : [
                .. _configurations[train.Index].Of(train.Replicate).Recent.Where(
                    report => report.Progress < progress && (3 * report.Progress) - (2 * progress) > SameProgress),
                new(progress, value),
            ];

    /// <summary>What a trial was measured on the way to a share of its full resource.</summary>
    private EquatableArray<Measurement> Before(TrialWork.Train train, double progress)
    {
        var known = _configurations[train.Index].Of(train.Replicate);
        return known.Value is { } value && known.Progress < progress
            ? [.. known.Earlier, new Measurement(known.Progress, value)]
            : known.Earlier;
    }

    private static double Turned(Objective objective, TrialResult result, TimeSpan elapsed) =>
        TrialOutcome.Value(result, elapsed, objective.Name) is not { } value ? double.PositiveInfinity
        : objective.Maximize ? -value
        : value;

    private void Note(TrialWork.Train train, Replicate replicate) =>
        _history.Note(_configurations[train.Index].Note(train.Replicate, replicate));

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
    // In order of the seed, so that a mean is summed up in the same order whatever the order in which the trials ended.
    private (int Seed, Replicate Replicate)[] _replicates = [];

    public PlannedEntry Entry { get; } = entry;

    public int Index { get; } = index;

    public Configuration Configuration { get; } = configuration;

    /// <summary>Whether every trial of it that there is has ended.</summary>
    public bool HasEnded => Array.TrueForAll(_replicates, each => each.Replicate.Ended);

    public void Add(int replicate)
    {
        var place = Array.FindIndex(_replicates, each => each.Seed > replicate);
        var before = place < 0 ? _replicates.Length : place;
        _replicates = [.. _replicates[..before], (replicate, Replicate.Begun), .. _replicates[before..]];
    }

    /// <summary>The first seed of the sweep that this configuration has no trial for.</summary>
    public int? Missing(SweepSpec spec)
    {
        foreach (var seed in spec.Seeds)
        {
            if (IndexOf(seed) < 0)
                return seed;
        }

        return null;
    }

    public Replicate Of(int replicate) => _replicates[IndexOf(replicate)].Replicate;

    /// <summary>Takes in how a replicate stands now, and says how the configuration stands.</summary>
    public Observation Note(int replicate, Replicate now)
    {
        _replicates[IndexOf(replicate)].Replicate = now;
        if (!Array.Exists(_replicates, each => each.Replicate.Value is not null))
            return new Observation(Index, Configuration, null, Failed: Array.TrueForAll(_replicates, each => each.Replicate.Ended));

        var furthest = _replicates.Where(each => each.Replicate.Value is not null).Max(each => each.Replicate.Progress);
        var (count, sum, violation, known) = (0, 0.0, 0.0, int.MaxValue);
        foreach (var (_, each) in _replicates)
        {
            if (each.Value is not { } value || each.Progress < furthest)
                continue;
            count++;
            sum += value;
            violation += each.Violation;
            known = Math.Min(known, each.Further.Count);
        }

        return new Observation(Index, Configuration, sum / count, Failed: false, furthest)
        {
            Objectives = known == 0 ? [] : [sum / count, .. Enumerable.Range(0, known).Select(Further)],
            Violation = violation / count,
            Earlier = Earlier(furthest),
        };

        double Further(int objective) => _replicates
            .Where(each => each.Replicate.Value is not null && each.Replicate.Progress >= furthest)
            .Average(each => each.Replicate.Further[objective]);
    }

    /// <summary>What those that came furthest were all measured at before.</summary>
    private EquatableArray<Measurement> Earlier(double furthest)
    {
        Replicate[] valued =
            [.. _replicates.Select(each => each.Replicate).Where(each => each.Value is not null && each.Progress >= furthest)];
        if (valued.Length == 1)
            return valued[0].Earlier;
        return
        [
            .. valued[0].Earlier.Select(measured => measured.Progress)
                .Where(progress => Array.TrueForAll(valued, each => each.At(progress) is not null))
                .Select(progress => new Measurement(progress, valued.Average(each => each.At(progress)!.Value))),
        ];
    }

    private int IndexOf(int seed) => Array.FindIndex(_replicates, each => each.Seed == seed);
}

/// <summary>How a replicate of a configuration stands: whether its trial has ended, and its newest value.</summary>
internal sealed record Replicate(bool Ended, double? Value, double Progress)
{
    /// <summary>One whose trial has told nothing yet.</summary>
    public static Replicate Begun { get; } = new(Ended: false, Value: null, Progress: 0);

    /// <summary>The objectives besides the metric, lower is better in all; empty before its full resource.</summary>
    public EquatableArray<double> Further { get; init; } = [];

    /// <summary>By how much it breaks outcome constraints; 0 before its full resource.</summary>
    public double Violation { get; init; }

    /// <summary>The reports that <see cref="Value"/> is the mean of, while more may come.</summary>
    public EquatableArray<Measurement> Recent { get; init; } = [];

    /// <summary>What it had come to before, in order, as <see cref="Value"/>.</summary>
    public EquatableArray<Measurement> Earlier { get; init; } = [];

    /// <summary>What it was measured at a share of its full resource before; null where it was not.</summary>
    public double? At(double progress)
    {
        foreach (var measured in Earlier)
        {
            if (measured.Progress == progress)
                return measured.Value;
        }

        return null;
    }
}
