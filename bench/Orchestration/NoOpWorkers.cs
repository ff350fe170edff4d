using System.Collections.Immutable;
using Akka.Actor;
using Experiments.Trials;
using GpuActors.Nodes;
using GpuActors.Workers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bench.Orchestration;

/// <summary>Workers whose trials do nothing: real actors, each with its thread, in one member of the coordinator's cluster.</summary>
internal sealed class NoOpWorkers : IAsyncDisposable
{
    private readonly ActorSystem _system;
    private readonly ImmutableArray<Workbench> _benches;

    public NoOpWorkers(int count, string coordinator, string dataFolder)
    {
        _system = new ClusterSettings
        {
            Role = ClusterSettings.GpuRole,
            Seeds = [coordinator],
            Logging = NullLoggerFactory.Instance,
        }.Start();
        _benches = [.. Enumerable.Range(0, count).Select(_ => new Workbench(new Runner(), TimeProvider.System, NullLogger.Instance))];
        var singleton = ClusterSettings.Coordinator(_system);
        for (var worker = 0; worker < count; worker++)
        {
            var settings = new GpuActorSettings
            {
                Worker = new WorkerInfo($"worker-{worker}", $"cpu:{worker}", "bench"),
                DataFolder = () => DataFolderId.Find(dataFolder)!,
            };
            _system.ActorOf(GpuActor.Props(settings, _benches[worker], singleton, TimeProvider.System), $"gpu-{worker}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        ((ExtendedActorSystem)_system).Abort();
        await _system.WhenTerminated;
        foreach (var bench in _benches)
            bench.Dispose();
    }

    private sealed class Runner : ITrialRunner
    {
        private static readonly ImmutableSortedDictionary<string, double> Values =
            ImmutableSortedDictionary<string, double>.Empty.Add(NoOpSweep.Metric, 0.5);

        public void WarmUp()
        {
        }

        public AttemptOutcome Run(Assignment assignment, IAttemptObserver observer, StopWishes stop)
        {
            observer.Started(0, null);
            observer.Measured(1, Values);
            return new AttemptOutcome.Finished(new TrialResult { Metrics = Values, Steps = 1 });
        }

        public void Dispose()
        {
        }
    }
}
