using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace GpuActors.Nodes;

/// <summary>
/// Runs the actors of a dispatcher on threads of its own, <c>threads</c> of them, which sleep when there is nothing to do. Akka's
/// fork-join executor lets its threads yield the processor some hundred times before they sleep: in processes that exchange a
/// few messages for each trial, that took more of the processor than all the rest, and from the trials.
/// </summary>
internal sealed class DedicatedThreadsConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    : ExecutorServiceConfigurator(config, prerequisites)
{
    /// <inheritdoc/>
    public override ExecutorService Produce(string id) => new DedicatedThreads(id, Config.GetInt("threads"), Prerequisites.EventStream);
}

/// <inheritdoc cref="DedicatedThreadsConfigurator"/>
internal sealed class DedicatedThreads : ExecutorService
{
    private readonly JobQueue<IRunnable> _runs = new();
    private readonly EventStream _events;

    public DedicatedThreads(string id, int threads, EventStream events)
        : base(id)
    {
        _events = events;
        for (var thread = 1; thread <= threads; thread++)
            new Thread(Work) { IsBackground = true, Name = $"{id}-{thread}" }.Start();
    }

    /// <inheritdoc/>
    public override void Execute(IRunnable run)
    {
        if (!_runs.Add(run))
            throw new RejectedExecutionException($"The threads of {Id} have ended.");
    }

    /// <inheritdoc/>
    public override void Shutdown() => _runs.Close();

    private void Work()
    {
        while (_runs.Take() is { } run)
        {
            try
            {
                run.Run();
            }
#pragma warning disable CA1031 // An actor's failure is its supervisor's; what comes here must not take the others' thread with it.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                _events.Publish(new Error(failure, Id, typeof(DedicatedThreads), "A dispatcher's run has failed."));
            }
        }
    }
}
