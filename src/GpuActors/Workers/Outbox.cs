using Experiments.Trials;

namespace GpuActors.Workers;

/// <summary>
/// Reports of one attempt that are not recorded yet, numbered from 1. The thread that trains adds, the actor sends; both
/// may be at it at once. When it is full the adding thread waits, because a report is never dropped.
/// </summary>
internal sealed class Outbox(int capacity)
{
    private readonly object _gate = new();
    private readonly Queue<Report> _unacknowledged = new();
    private long _acknowledged;
    private bool _unbounded;
    private bool _closed;

    /// <summary>Number of the newest report.</summary>
    public long Last
    {
        get
        {
            lock (_gate)
                return _acknowledged + _unacknowledged.Count;
        }
    }

    /// <summary>Reports up to that number are recorded.</summary>
    public long Acknowledged
    {
        get
        {
            lock (_gate)
                return _acknowledged;
        }
    }

    /// <summary>Adds a report, waiting for room if need be. Nothing happens after <see cref="Close"/>.</summary>
    public void Add(Report report)
    {
        lock (_gate)
        {
            while (_unacknowledged.Count >= capacity && !_unbounded && !_closed)
                Monitor.Wait(_gate);
            if (!_closed)
                _unacknowledged.Enqueue(report);
        }
    }

    /// <summary>At most <paramref name="count"/> reports after a number, in order.</summary>
    public IReadOnlyList<(long Sequence, Report Report)> After(long sequence, int count)
    {
        lock (_gate)
        {
            var skipped = Math.Max(0, sequence - _acknowledged);
            var first = _acknowledged + skipped + 1;
            return [.. _unacknowledged.Skip((int)skipped).Take(count).Select((report, index) => (first + index, report))];
        }
    }

    /// <summary>Forgets reports up to that number.</summary>
    public void Acknowledge(long sequence)
    {
        lock (_gate)
        {
            for (; _acknowledged < sequence && _unacknowledged.Count > 0; _acknowledged++)
                _unacknowledged.Dequeue();
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>From now on nobody waits for room: the attempt is being stopped, and its last words are few.</summary>
    public void LiftBound()
    {
        lock (_gate)
        {
            _unbounded = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Drops everything, now and later: nobody will record it.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            _unacknowledged.Clear();
            Monitor.PulseAll(_gate);
        }
    }
}
