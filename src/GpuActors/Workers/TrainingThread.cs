namespace GpuActors.Workers;

/// <summary>
/// The one thread of a worker process that touches tensors, for as long as the process lives: libtorch's thread pools and
/// caches hang on the thread that calls it, and no pool thread is kept from the heartbeats.
/// </summary>
internal sealed class TrainingThread : IDisposable
{
    private readonly JobQueue<Action> _jobs = new();
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TrainingThread() => new Thread(Work) { IsBackground = true, Name = "training" }.Start();

    /// <summary>Completes when it has ended.</summary>
    public Task End => _end.Task;

    /// <summary>Runs a job after those before it. It must not throw.</summary>
    public void Post(Action job) => ObjectDisposedException.ThrowIf(!_jobs.Add(job), this);

    /// <summary>Ends the thread after the jobs that were posted.</summary>
    public void Dispose() => _jobs.Close();

    private void Work()
    {
        while (_jobs.Take() is { } job)
            job();
        _end.SetResult();
    }
}
