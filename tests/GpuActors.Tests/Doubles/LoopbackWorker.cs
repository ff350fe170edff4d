using Akka.Actor;
using Akka.Remote;
using Experiments.Trials;
using GpuActors.Nodes;
using GpuActors.Workers;
using Microsoft.Extensions.Logging.Abstractions;

namespace GpuActors.Tests.Doubles;

/// <summary>A worker in an actor system of its own, which can be cut off like a killed process.</summary>
internal sealed class LoopbackWorker : IAsyncDisposable
{
    private readonly Workbench _bench;
    private readonly ActorSystem _system;
    private bool _isDisposed;

    public LoopbackWorker(string id, string coordinator, string dataFolder)
    {
        _bench = new Workbench(Runner, TimeProvider.System, NullLogger.Instance);
        _system = new ClusterSettings
        {
            Role = ClusterSettings.GpuRole,
            Seeds = [coordinator],
            Logging = NullLoggerFactory.Instance,
        }.Start();
        var settings = new GpuActorSettings
        {
            Worker = new WorkerInfo(id, "cpu:0", "here"), DataFolder = () => DataFolderId.Find(dataFolder)!,
        };
        _system.ActorOf(GpuActor.Props(settings, _bench, ClusterSettings.Coordinator(_system), TimeProvider.System), "gpu");
    }

    /// <summary>What does its work.</summary>
    public ManualTrialRunner Runner { get; } = new();

    /// <summary>Closes its connections without a word, as the system does when a process is killed.</summary>
    public Task KillAsync() => ((IRemoteActorRefProvider)((ExtendedActorSystem)_system).Provider).Transport.Shutdown();

    /// <summary>Ends it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        ((ExtendedActorSystem)_system).Abort();
        await _system.WhenTerminated;
        _bench.InHand?.Fence();
        _bench.Dispose();
    }
}

/// <summary>A worker as its own process would run it.</summary>
internal sealed class LoopbackWorkerHost : IAsyncDisposable
{
    private readonly CancellationTokenSource _leave = new();

    public LoopbackWorkerHost(
        string id, string coordinator, string dataFolder, ManualTrialRunner runner, Func<WorkerSettings, WorkerSettings>? change)
    {
        Runner = runner;
        var usual = new WorkerSettings
        {
            Join = [coordinator],
            Device = "cpu:0",
            DataFolder = dataFolder,
            Id = id,
            RejoinAfter = TimeSpan.FromSeconds(2),
            LeaveWithin = TimeSpan.FromSeconds(1),
        };
        Exit = new WorkerHost(change?.Invoke(usual) ?? usual, Runner, NullLoggerFactory.Instance,
            TimeProvider.System).RunAsync(null, TextWriter.Null, _leave.Token);
    }

    /// <summary>What does its work.</summary>
    public ManualTrialRunner Runner { get; }

    /// <summary>Its exit code.</summary>
    public Task<int> Exit { get; }

    /// <summary>Asks it to leave, as SIGTERM does.</summary>
    public Task LeaveAsync() => _leave.CancelAsync();

    /// <summary>Ends it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _leave.CancelAsync();
        await ((Task)Exit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _leave.Dispose();
    }
}
