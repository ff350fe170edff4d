using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;

namespace GpuActors.Tests.Doubles;

/// <summary>What stays when a process dies.</summary>
internal sealed class Disk
{
    private readonly Lock _gate = new();
    private readonly List<RecordedEvent> _events = [];
    private long _openings;

    /// <summary>Why nothing can be written; null while it can.</summary>
    public volatile string? Full;

    /// <summary>Sizes of the commits.</summary>
    public List<int> Commits { get; } = [];

    /// <summary>What is recorded.</summary>
    public IReadOnlyList<RecordedEvent> Events
    {
        get
        {
            lock (_gate)
                return [.. _events];
        }
    }

    public IExperimentStore Open() => new InMemoryStore(this, Interlocked.Increment(ref _openings));

    private sealed class InMemoryStore(Disk disk, long term) : IExperimentStore
    {
        public long Term { get; } = term;

        public void Append(IReadOnlyList<RecordedEvent> events)
        {
            if (disk.Full is { } reason)
                throw new StoreException(reason);
            lock (disk._gate)
            {
                disk._events.AddRange(events);
                disk.Commits.Add(events.Count);
            }
        }

        public IEnumerable<RecordedEvent> Read(string sweep, long after = 0) =>
            disk.Events.Where(recorded => recorded.Sweep == sweep && recorded.Number > after);

        public IReadOnlyList<SweepSummary> Sweeps() => throw new NotSupportedException();

        public SweepSpec SpecOf(string sweep) => throw new NotSupportedException();

        public IReadOnlyList<TrialRow> Trials(string sweep) => throw new NotSupportedException();

        public IReadOnlyList<MetricRow> Metrics(string sweep, TrialId trial) => throw new NotSupportedException();

        public void Rename(string sweep, string newName) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
