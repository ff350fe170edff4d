using Experiments.Storage;

namespace GpuActors.Coordination;

/// <summary>
/// Owns the store on one thread. Appends that come while a commit is under way go into the next one together, so that the
/// cost of a commit is shared when there is much to do and nobody waits when there is little. A store that cannot write
/// (a full disk) is tried again until it can; what waits then is not acknowledged.
/// </summary>
public sealed class StoreWriter : IAsyncDisposable
{
    private const int MostEventsInACommit = 1_024;
    private const int Capacity = 8_192;

    private readonly JobQueue<Job> _jobs = new();
    private readonly TaskCompletionSource<long> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _abandon = new();
    private readonly TimeProvider _time;
    private readonly TimeSpan _retryEvery;
    private int _waiting;

    private StoreWriter(Func<IExperimentStore> open, TimeProvider time, TimeSpan retryEvery)
    {
        (_time, _retryEvery) = (time, retryEvery);
        new Thread(() => Work(open)) { IsBackground = true, Name = "store" }.Start();
    }

    /// <summary>Opens a store on a thread of its own.</summary>
    /// <param name="open">Opens it; all it throws is thrown here.</param>
    /// <param name="time">The clock that commits are measured by.</param>
    /// <param name="retryEvery">Time between two attempts to write; null for a second.</param>
    public static async Task<StoreWriter> OpenAsync(Func<IExperimentStore> open, TimeProvider time, TimeSpan? retryEvery = null)
    {
        var writer = new StoreWriter(open, time, retryEvery ?? TimeSpan.FromSeconds(1));
        writer.Term = await writer._opened.Task;
        return writer;
    }

    /// <summary>Number of this opening of the store.</summary>
    public long Term { get; private set; }

    /// <summary>Whether more should be asked of it: false while too much waits, so that what can come again is not accepted.</summary>
    public bool HasRoom => Volatile.Read(ref _waiting) < Capacity;

    /// <summary>Ends when the store is closed; fails when the store broke in a way that trying again does not mend.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Is told, on the store's thread, of each commit: its events, and how long it took.</summary>
    public event Action<int, TimeSpan>? Committed;

    /// <summary>Is told, on the store's thread, why the store takes nothing, once a reason, and null when it goes on.</summary>
    public event Action<string?>? Troubled;

    /// <summary>Records events after all that were appended before.</summary>
    /// <param name="events">The events; none, to be told when those before are durable.</param>
    /// <param name="durable">Is told, on the store's thread, that they are on disk, and whether more of the same commit follow.</param>
    public void Append(IReadOnlyList<RecordedEvent> events, Action<bool> durable)
    {
        Interlocked.Increment(ref _waiting);
        Add(new Job.Write(events, durable));
    }

    /// <summary>Reads, on the store's thread, after all that was appended before is durable.</summary>
    public Task<T> ReadAsync<T>(Func<IExperimentStore, T> read)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Add(new Job.Read(store =>
        {
            try
            {
                answer.SetResult(read(store));
            }
#pragma warning disable CA1031 // It is the asker's, whatever it is.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                answer.SetException(failure);
            }
        }));
        return answer.Task;
    }

    /// <summary>Closes the store after writing what was appended; gives up what it cannot write.</summary>
    public async ValueTask DisposeAsync()
    {
        _jobs.Close();
        await _abandon.CancelAsync();
        await _closed.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Work(Func<IExperimentStore> open)
    {
        try
        {
            using (var store = open())
            {
                _opened.SetResult(store.Term);
                while (_jobs.Take() is { } job)
                    Do(store, job);
            }

            _closed.SetResult();
        }
#pragma warning disable CA1031 // Nobody is above this thread: whoever waits for it is told.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            if (!_opened.TrySetException(failure))
                _closed.SetException(failure);
        }
    }

    private void Add(Job job) => ObjectDisposedException.ThrowIf(!_jobs.Add(job), this);

    private void Do(IExperimentStore store, Job job)
    {
        if (job is Job.Read read)
            read.Ask(store);
        else
            WriteGroup(store, (Job.Write)job);
    }

    /// <summary>Commits a write with those that wait right behind it.</summary>
    private void WriteGroup(IExperimentStore store, Job.Write first)
    {
        var group = new List<Job.Write> { first };
        var events = new List<RecordedEvent>(first.Events);
        while (events.Count < MostEventsInACommit && _jobs.TakeIf(job => job is Job.Write) is Job.Write write)
        {
            group.Add(write);
            events.AddRange(write.Events);
        }

        Commit(store, events);
        Interlocked.Add(ref _waiting, -group.Count);
        for (var written = 0; written < group.Count; written++)
            group[written].Durable(written < group.Count - 1);
    }

    private void Commit(IExperimentStore store, List<RecordedEvent> events)
    {
        string? trouble = null;
        var begun = _time.GetTimestamp();
        while (events.Count > 0)
        {
            try
            {
                store.Append(events);
                break;
            }
            catch (StoreException failure) when (!_abandon.IsCancellationRequested)
            {
                if (trouble != failure.Message)
                    Troubled?.Invoke(failure.Message);
                trouble = failure.Message;
                _abandon.Token.WaitHandle.WaitOne(_retryEvery);
            }
        }

        if (trouble is not null)
            Troubled?.Invoke(null);
        if (events.Count > 0)
            Committed?.Invoke(events.Count, _time.GetElapsedTime(begun));
    }

    private abstract record Job
    {
        public sealed record Write(IReadOnlyList<RecordedEvent> Events, Action<bool> Durable) : Job;

        public sealed record Read(Action<IExperimentStore> Ask) : Job;
    }
}
