namespace GpuActors;

/// <summary>
/// What threads of our own are to do, in order. Whoever waits for a job sleeps: what the runtime's blocking collections spin away
/// meanwhile are other trials' cores.
/// </summary>
internal sealed class JobQueue<T>
    where T : class
{
    private readonly Queue<T> _jobs = []; // with a monitor
    private bool _isClosed;

    /// <summary>Adds a job; says whether it will be taken, which it is not after <see cref="Close"/>.</summary>
    public bool Add(T job)
    {
        lock (_jobs)
        {
            if (_isClosed)
                return false;
            _jobs.Enqueue(job);
            Monitor.Pulse(_jobs);
            return true;
        }
    }

    /// <summary>Takes no more jobs; those that were added are done.</summary>
    public void Close()
    {
        lock (_jobs)
        {
            _isClosed = true;
            Monitor.PulseAll(_jobs);
        }
    }

    /// <summary>Waits for the next job; null when none will come.</summary>
    public T? Take()
    {
        lock (_jobs)
        {
            while (_jobs.Count == 0 && !_isClosed)
                Monitor.Wait(_jobs);
            return _jobs.TryDequeue(out var job) ? job : null;
        }
    }

    /// <summary>Takes the next job where there is one and it is wanted; null, without waiting, where not.</summary>
    public T? TakeIf(Predicate<T> isWanted)
    {
        lock (_jobs)
            return _jobs.TryPeek(out var job) && isWanted(job) ? _jobs.Dequeue() : null;
    }
}
