namespace GpuActors.Workers;

/// <summary>
/// The one thread of a worker process that touches tensors, for as long as the process lives: libtorch's thread pools and
/// caches hang on the thread that calls it, and no pool thread is kept from the heartbeats.
/// </summary>
internal sealed class TrainingThread : IDisposable
{
    private readonly Queue<Action> _jobs = []; // with a monitor: what a blocking collection spins away are other trials' cores
    private bool _isDisposed;

    public TrainingThread() => new Thread(Work) { IsBackground = true, Name = "training" }.Start();

    /// <summary>Runs a job after those before it. It must not throw.</summary>
    public void Post(Action job)
    {
        lock (_jobs)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _jobs.Enqueue(job);
            Monitor.Pulse(_jobs);
        }
    }

    /// <summary>Ends the thread after the jobs that were posted.</summary>
    public void Dispose()
    {
        lock (_jobs)
        {
            _isDisposed = true;
            Monitor.Pulse(_jobs);
        }
    }

    private void Work()
    {
        while (Next() is { } job)
            job();
    }

    /// <summary>The next job; null when none will come.</summary>
    private Action? Next()
    {
        lock (_jobs)
        {
            while (_jobs.Count == 0 && !_isDisposed)
                Monitor.Wait(_jobs);
            return _jobs.TryDequeue(out var job) ? job : null;
        }
    }
}
