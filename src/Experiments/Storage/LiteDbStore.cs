using Experiments.Sweeps;
using Experiments.Trials;
using LiteDB;

namespace Experiments.Storage;

/// <summary>
/// A store in one folder, on LiteDB: <c>store.db</c>, its log <c>store.log</c>, and the lock that keeps a second writer out.
/// One call at a time. What fails leaves no trace, and the next call tries anew, so that a full disk stops a store no longer
/// than it is full.
/// </summary>
public sealed class LiteDbStore : IExperimentStore
{
    /// <summary>Events of a sweep after which what is computed from them is written: few enough to be computed again within
    /// milliseconds when the store is opened after a crash.</summary>
    private const int SaveEvery = 2_048;

    private readonly StoreFiles _files;
    private readonly StoreLock? _lock;
    private readonly Action<string> _warn;
    private readonly Dictionary<string, Projections> _sweeps = new(StringComparer.Ordinal);
    private LiteDbSession? _session;
    private bool _isDisposed;

    private LiteDbStore(StoreFiles files, StoreLock? @lock, Action<string> warn) => (_files, _lock, _warn) = (files, @lock, warn);

    /// <inheritdoc/>
    public long Term { get; private set; }

    /// <summary>Opens the store of a folder to write, or makes it; nobody else can until this one is disposed or its process
    /// ends, however it does.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="warn">Told in a sentence what was found damaged and cut.</param>
    /// <exception cref="StoreException">When another process has it, a newer version of the program wrote it, or it cannot be
    /// read or written.</exception>
    public static LiteDbStore Open(string folder, Action<string>? warn = null) =>
        Open(new StoreFiles(folder), StoreSchema.Current, warn);

    /// <summary>Whether a folder holds a store.</summary>
    public static bool ExistsIn(string folder) => new StoreFiles(folder).Exist;

    /// <summary>Copies the store of a folder to memory, so that it can be read while no process writes it.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="warn">Told in a sentence what was found damaged and left out.</param>
    /// <exception cref="StoreException">When there is none, a process writes it (which can be asked then), a newer version of the
    /// program wrote it, or it cannot be read.</exception>
    public static LiteDbStore OpenForReading(string folder, Action<string>? warn = null)
    {
        var files = new StoreFiles(folder);
        if (!files.Exist)
            throw new StoreException($"There is no store in {folder}.");

        return Guard(files, () =>
        {
            LiteDbSession session;
            using (StoreLock.TakeBriefly(folder))
                session = LiteDbSession.OpenCopy(files);

            var term = StoreSchema.Term(session.Database);
            var store = new LiteDbStore(files, @lock: null, warn ?? Ignore) { _session = session, Term = term };
            StoreSchema.Current.Enter(session, folder);
            store.Load(session);
            return store;
        });
    }

    /// <inheritdoc/>
    public void Append(IReadOnlyList<RecordedEvent> events)
    {
        CheckWritable();
        if (events.Count == 0)
            return;

        Commit(database =>
        {
            foreach (var group in events.GroupBy(each => each.Sweep))
                Write(database, FindOrBegin(database, group.Key), [.. group]);
        });
    }

    /// <inheritdoc/>
    public IEnumerable<RecordedEvent> Read(string sweep, long after = 0)
    {
        Session();
        while (_sweeps.TryGetValue(sweep, out var found) && after < found.LastEvent)
        {
            var begun = after;
            foreach (var events in Readable(found, after))
            {
                foreach (var recorded in events)
                    yield return recorded;
                after = events.Count > 0 ? events[^1].Number : after;
            }

            if (after == begun)
                Cut(found);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<SweepSummary> Sweeps()
    {
        Session();
        return [.. _sweeps.Values.OrderBy(sweep => sweep.Id).Select(sweep => sweep.Sweep.Summary)];
    }

    /// <inheritdoc/>
    public SweepSpec SpecOf(string sweep) => Guard(_files, () => Find(sweep).Spec)
        ?? throw new StoreException($"The store holds no specification of sweep '{sweep}'.");

    /// <inheritdoc/>
    public IReadOnlyList<TrialRow> Trials(string sweep) =>
        Guard<TrialRow[]>(_files, () => [.. Find(sweep).Trials]);

    /// <inheritdoc/>
    public IReadOnlyList<MetricRow> Metrics(string sweep, TrialId trial) =>
        Guard(_files, () => Find(sweep).Metrics(trial));

    /// <inheritdoc/>
    public void Rename(string sweep, string newName)
    {
        CheckWritable();
        var found = Find(sweep);
        if (_sweeps.ContainsKey(newName))
            throw new StoreException($"There is a sweep '{newName}' already.");

        Commit(_ =>
        {
            found.Rename(newName);
            found.Save();
        });
        _sweeps.Remove(sweep);
        _sweeps.Add(newName, found);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        SaveAll();
        _isDisposed = true;
        _session?.Dispose();
        _session = null;
        _lock?.Dispose();
    }

    internal static LiteDbStore Open(StoreFiles files, StoreSchema schema, Action<string>? warn = null) => Guard(files, () =>
    {
        Directory.CreateDirectory(files.Folder);
        var store = new LiteDbStore(files, StoreLock.Take(files.Folder), warn ?? Ignore);
        LiteDbSession? session = null;
        try
        {
            session = LiteDbSession.Open(files, store._warn);
            store.Term = schema.Enter(session, files.Folder);
            store.Load(session);
            store._session = session;
            return store;
        }
        catch
        {
            session?.GiveUp();
            store._lock!.Dispose();
            throw;
        }
    });

    private static void Write(LiteDatabase database, Projections sweep, IReadOnlyList<RecordedEvent> events)
    {
        for (var i = 0; i < events.Count; i++)
        {
            if (events[i].Number != sweep.LastEvent + 1 + i)
            {
                throw new ArgumentException(
                    $"Event {events[i].Number} of sweep '{sweep.Name}' follows {sweep.LastEvent + i}.", nameof(events));
            }
        }

        EventBatches.Write(database, sweep.Id, events);
        foreach (var recorded in events)
            sweep.Apply(recorded);
        if (sweep.IsNew || sweep.Unsaved >= SaveEvery)
            sweep.Save();
    }

    /// <summary>Lets the history of a sweep end at the last event that can be read, and computes the rest anew from it.</summary>
    private void Cut(Projections damaged) => Commit(database =>
    {
        var good = Readable(damaged, after: 0).SelectMany(events => events).LastOrDefault()?.Number ?? 0;
        _warn($"Sweep '{damaged.Name}': events {good + 1} to {damaged.LastEvent} are damaged and were set aside; "
            + $"it goes on from event {good}.");
        EventBatches.SetAside(database, damaged.Id, good);
        SpecTable.Clear(database, damaged.Id);
        TrialTable.Clear(database, damaged.Id);
        MetricTable.Clear(database, damaged.Id);

        var anew = new Projections(database, SweepRow.New(damaged.Id, damaged.Name));
        foreach (var recorded in Readable(anew, after: 0).SelectMany(events => events))
        {
            anew.Apply(recorded);
            if (anew.Unsaved >= SaveEvery)
                anew.Save();
        }

        anew.Save();
        _sweeps[damaged.Name] = anew;
    });

    /// <summary>The events of a sweep after a number up to the first that is damaged, in pieces.</summary>
    private IEnumerable<List<RecordedEvent>> Readable(Projections sweep, long after) => Guarded(EventPipeline.Read(
        after, number => EventBatches.After(Session().Database, sweep.Id, sweep.Name, number)));

    /// <summary>What is computed and not written yet is computed again by the next opening where it cannot be written now.</summary>
    private void SaveAll()
    {
        if (_lock is null || _session is null || _sweeps.Values.All(sweep => sweep.Unsaved == 0))
            return;

        try
        {
            Commit(_ =>
            {
                foreach (var sweep in _sweeps.Values.Where(sweep => sweep.Unsaved > 0))
                    sweep.Save();
            });
        }
        catch (StoreException)
        {
            // The events are there, and that is all that was promised.
        }
    }

    private void Commit(Action<LiteDatabase> write) => Guard(_files, () =>
    {
        var session = Session();
        try
        {
            session.Commit(write);
        }
        catch
        {
            _session = null;
            _sweeps.Clear(); // they are ahead of the disk now
            session.GiveUp();
            throw;
        }

        return true;
    });

    private LiteDbSession Session()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _session ??= Guard(_files, () =>
        {
            var session = LiteDbSession.Open(_files, _warn);
            try
            {
                Load(session);
                return session;
            }
            catch
            {
                session.GiveUp();
                throw;
            }
        });
    }

    private void Load(LiteDbSession session)
    {
        _sweeps.Clear();
        foreach (var row in SweepTable.Read(session.Database))
        {
            var sweep = new Projections(session.Database, row);
            _sweeps[row.Name] = sweep;
            var unread = EventPipeline.Read(
                row.LastEvent, number => EventBatches.After(session.Database, row.Id, row.Name, number));
            foreach (var recorded in unread.SelectMany(events => events))
                sweep.Apply(recorded);
            sweep.LastEvent = Math.Max(sweep.LastEvent, EventBatches.Last(session.Database, row.Id)); // damaged ones are found when read
        }
    }

    private Projections Find(string sweep)
    {
        Session();
        return _sweeps.TryGetValue(sweep, out var found) ? found : throw new StoreException($"There is no sweep '{sweep}'.");
    }

    private Projections FindOrBegin(LiteDatabase database, string sweep)
    {
        if (!_sweeps.TryGetValue(sweep, out var found))
        {
            var id = _sweeps.Values.Select(each => each.Id).DefaultIfEmpty().Max() + 1;
            _sweeps[sweep] = found = new Projections(database, SweepRow.New(id, sweep));
        }

        return found;
    }

    private void CheckWritable()
    {
        if (_lock is null)
            throw new InvalidOperationException("This store was opened for reading.");
    }

    /// <summary>Goes through a sequence whose every step is guarded.</summary>
    private IEnumerable<T> Guarded<T>(IEnumerable<T> steps)
    {
        using var step = steps.GetEnumerator();
        while (Guard(_files, step.MoveNext))
            yield return step.Current;
    }

    private static T Guard<T>(StoreFiles files, Func<T> act)
    {
        try
        {
            return act();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"The store in {files.Folder} cannot be read or written: {e.Message}", e);
        }
        catch (LiteException e)
        {
            throw new StoreException(
                $"The store in {files.Folder} is damaged: {e.Message} Move it away, or put a copy of it in its place.", e);
        }
    }

    private static void Ignore(string warning)
    {
    }
}
