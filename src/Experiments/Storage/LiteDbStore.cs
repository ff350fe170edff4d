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
    private readonly StoreFiles _files;
    private readonly StoreLock? _lock;
    private readonly Action<string> _warn;
    private readonly Dictionary<string, SweepRow> _sweeps = new(StringComparer.Ordinal);
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
            var rows = new List<SweepRow>();
            foreach (var group in events.GroupBy(each => each.Sweep))
                rows.Add(Write(database, RowOf(group.Key, rows.Count), [.. group]));
            return rows;
        });
    }

    /// <inheritdoc/>
    public IEnumerable<RecordedEvent> Read(string sweep, long after = 0)
    {
        Session();
        while (_sweeps.TryGetValue(sweep, out var row) && after < row.LastEvent)
        {
            var events = Guard(_files, () => EventBatches.After(Session().Database, row.Id, sweep, after));
            if (events.Count == 0)
                Cut(row);
            foreach (var recorded in events)
                yield return recorded;
            after = events.Count > 0 ? events[^1].Number : after;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<SweepSummary> Sweeps()
    {
        Session();
        return [.. _sweeps.Values.OrderBy(row => row.Id).Select(row => row.Summary)];
    }

    /// <inheritdoc/>
    public SweepSpec SpecOf(string sweep) => Guard(_files, () => SpecTable.Find(Session().Database, Find(sweep).Id))
        ?? throw new StoreException($"The store holds no specification of sweep '{sweep}'.");

    /// <inheritdoc/>
    public IReadOnlyList<TrialRow> Trials(string sweep) =>
        Guard<TrialRow[]>(_files, () => [.. TrialTable.Read(Session().Database, Find(sweep).Id).Select(stored => stored.Row)]);

    /// <inheritdoc/>
    public IReadOnlyList<MetricRow> Metrics(string sweep, TrialId trial) =>
        Guard(_files, () => MetricTable.Read(Session().Database, Find(sweep).Id, trial));

    /// <inheritdoc/>
    public void Rename(string sweep, string newName)
    {
        CheckWritable();
        var row = Find(sweep);
        if (_sweeps.ContainsKey(newName))
            throw new StoreException($"There is a sweep '{newName}' already.");

        Commit(database =>
        {
            var renamed = row with { Name = newName };
            SweepTable.Write(database, renamed);
            return [renamed];
        });
        _sweeps.Remove(sweep);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        _session?.Dispose();
        _session = null;
        _lock?.Dispose();
    }

    internal static LiteDbStore Open(StoreFiles files, StoreSchema schema, Action<string>? warn = null) => Guard(files, () =>
    {
        Directory.CreateDirectory(files.Folder);
        var store = new LiteDbStore(files, StoreLock.Take(files.Folder), warn ?? Ignore);
        try
        {
            store.Term = schema.Enter(store.Session(), files.Folder);
            return store;
        }
        catch
        {
            store._session?.GiveUp();
            store._lock!.Dispose();
            throw;
        }
    });

    private static SweepRow Write(LiteDatabase database, SweepRow row, IReadOnlyList<RecordedEvent> events)
    {
        for (var i = 0; i < events.Count; i++)
        {
            if (events[i].Number != row.LastEvent + 1 + i)
                throw new ArgumentException($"Event {events[i].Number} of sweep '{row.Name}' follows {row.LastEvent + i}.", nameof(events));
        }

        EventBatches.Write(database, row.Id, events);
        return Project(database, row, events);
    }

    private static SweepRow Project(LiteDatabase database, SweepRow row, IEnumerable<RecordedEvent> events)
    {
        var projections = new Projections(database, row);
        foreach (var recorded in events)
            projections.Apply(recorded);
        projections.Save();
        return projections.Sweep;
    }

    /// <summary>Lets the history of a sweep end at the last event that can be read, and computes the rest anew from it.</summary>
    private void Cut(SweepRow row)
    {
        Commit(database =>
        {
            var good = Readable(database).LastOrDefault()?.Number ?? 0;
            _warn($"Sweep '{row.Name}': events {good + 1} to {row.LastEvent} are damaged and were set aside; "
                + $"it goes on from event {good}.");
            EventBatches.SetAside(database, row.Id, good);
            SpecTable.Clear(database, row.Id);
            TrialTable.Clear(database, row.Id);
            MetricTable.Clear(database, row.Id);
            return [Project(database, SweepRow.New(row.Id, row.Name), Readable(database))];
        });

        IEnumerable<RecordedEvent> Readable(LiteDatabase database)
        {
            var number = 0L;
            while (EventBatches.After(database, row.Id, row.Name, number) is { Count: > 0 } events)
            {
                foreach (var recorded in events)
                    yield return recorded;
                number = events[^1].Number;
            }
        }
    }

    private void Commit(Func<LiteDatabase, IReadOnlyList<SweepRow>> write) => Guard(_files, () =>
    {
        var session = Session();
        IReadOnlyList<SweepRow> rows = [];
        try
        {
            session.Commit(database => rows = write(database));
        }
        catch
        {
            _session = null;
            session.GiveUp();
            throw;
        }

        foreach (var row in rows)
            _sweeps[row.Name] = row;
        return true;
    });

    private LiteDbSession Session()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _session ??= Guard(_files, () =>
        {
            var session = LiteDbSession.Open(_files, _warn);
            Load(session);
            return session;
        });
    }

    private void Load(LiteDbSession session)
    {
        _sweeps.Clear();
        foreach (var row in SweepTable.Read(session.Database))
            _sweeps[row.Name] = row;
    }

    private SweepRow Find(string sweep)
    {
        Session();
        return _sweeps.TryGetValue(sweep, out var row) ? row : throw new StoreException($"There is no sweep '{sweep}'.");
    }

    /// <param name="sweep">The name.</param>
    /// <param name="begun">How many sweeps the same commit has touched already, new ones perhaps.</param>
    private SweepRow RowOf(string sweep, int begun) => _sweeps.TryGetValue(sweep, out var row)
        ? row
        : SweepRow.New((_sweeps.Count == 0 ? 0 : _sweeps.Values.Max(each => each.Id)) + 1 + begun, sweep);

    private void CheckWritable()
    {
        if (_lock is null)
            throw new InvalidOperationException("This store was opened for reading.");
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
