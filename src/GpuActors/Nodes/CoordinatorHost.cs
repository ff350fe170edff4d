using Akka.Actor;
using Akka.Cluster.Tools.Singleton;
using Experiments.Storage;
using GpuActors.Coordination;
using Microsoft.Extensions.Logging;

namespace GpuActors.Nodes;

/// <summary>
/// The process of a sweep's coordinator: the store, the actor system with the coordinator as its cluster's singleton, and an
/// agent that keeps a worker for each device of this machine.
/// </summary>
/// <param name="settings">What it is given.</param>
/// <param name="time">The clock.</param>
public sealed partial class CoordinatorHost(CoordinatorSettings settings, TimeProvider time)
{
    private const int CrashesUntilGivenUp = 3;
    private static readonly TimeSpan WorkersLeaveWithin = TimeSpan.FromSeconds(5);

    private readonly ILogger _log = settings.Logging.CreateLogger<CoordinatorHost>();
    private readonly TaskCompletionSource<SweepOutcome> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<CoordinatorClient> _client = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _crashes;

    /// <summary>Speaks to the coordinator while <see cref="RunAsync"/> runs; there when it listens.</summary>
    public Task<CoordinatorClient> Client => _client.Task;

    /// <summary>Starts or continues the sweep and runs it until it has ended or was interrupted.</summary>
    /// <param name="interrupt">Asks to let running attempts save, and to stop then.</param>
    /// <param name="abort">Stops without that; what is recorded stays recorded.</param>
    /// <exception cref="StoreException">When the store cannot be opened, or could not be written to the end.</exception>
    /// <exception cref="Experiments.Sweeps.SpecException">When the sweep cannot go on under its specification.</exception>
    /// <exception cref="WorkerStartException">When no worker of this machine can be started.</exception>
    public async Task<SweepOutcome> RunAsync(CancellationToken interrupt, CancellationToken abort)
    {
        await using var store = await StoreWriter.OpenAsync(settings.OpenStore, time);
        await using var beside = settings.Beside is { } start ? await start(store) : null;
        await using var checkpoints = new CheckpointFolders(settings.DataFolder, _log);
        using var system = new ClusterSettings
        {
            Role = ClusterSettings.CoordinatorRole,
            Host = settings.Host,
            Port = settings.Port,
            Logging = settings.Logging,
        }.Start();
        using var aborted = abort.Register(() => _over.TrySetResult(Interrupted));

        var (address, coordinator) = Found(system, store, checkpoints);
        settings.Notices.TryWrite(new SweepNotice.Listening(address.Host!, address.Port!.Value));
        await using ILocalWorkers workers = settings.Trains ? Agent(address, abort) : Slots(system, abort);
        var supervised = settings.Devices.IsEmpty ? Task.Delay(Timeout.Infinite, abort) : workers.RunAsync();
        try
        {
            var first = await Task.WhenAny(
                _over.Task, supervised, store.Closed, system.WhenTerminated, Task.Delay(Timeout.Infinite, interrupt));
            return first == _over.Task || abort.IsCancellationRequested ? await _over.Task
                : interrupt.IsCancellationRequested ? await DrainAsync(abort)
                : await FailedAsync(first);
        }
        finally
        {
            if (abort.IsCancellationRequested)
            {
                await StopAsync(coordinator, system); // it would give what is killed to the next worker
                workers.Kill();
            }

            await workers.StopAsync(WorkersLeaveWithin);
            await ClusterSettings.LeaveAsync(system, time);
        }
    }

    private static SweepOutcome Interrupted => new("interrupted", IsComplete: false);

    /// <summary>Founds the cluster with the coordinator in it.</summary>
    private (Address Address, IActorRef Coordinator) Found(ActorSystem system, StoreWriter store, CheckpointFolders checkpoints)
    {
        var coordinator = new SweepCoordinatorSettings
        {
            Sweep = settings.Sweep,
            CreateLedger = settings.CreateLedger,
            FindEarlier = settings.FindEarlier,
            DataFolder = settings.DataFolder,
            DataFolderId = DataFolderId.Ensure(settings.DataFolder),
            Notices = settings.Notices,
            DeleteCheckpoints = checkpoints.Delete,
            DeleteAllCheckpoints = (trial, spared) => checkpoints.DeleteAll(settings.Sweep, trial, spared),
            Ended = outcome => _over.TrySetResult(outcome),
            Failed = failure => _over.TrySetException(failure),
            Crashed = OnCrash,
            BeatEvery = settings.BeatEvery,
            Lease = settings.Lease,
        };
        var cluster = Akka.Cluster.Cluster.Get(system);
        cluster.Join(cluster.SelfAddress);
        var singleton = system.ActorOf(
            ClusterSingletonManager.Props(
                SweepCoordinator.Props(coordinator, store, time), PoisonPill.Instance, ClusterSingletonManagerSettings.Create(system)),
            ClusterSettings.CoordinatorActor);
        _client.TrySetResult(new CoordinatorClient(ClusterSettings.Coordinator(system)));
        return (cluster.SelfAddress, singleton);
    }

    private static async Task StopAsync(IActorRef actor, ActorSystem system)
    {
        var gone = actor.WatchAsync();
        system.Stop(actor);
        await Task.WhenAny(gone, system.WhenTerminated);
    }

    private NodeAgent Agent(Address address, CancellationToken abort)
    {
        var agent = new NodeAgentSettings
        {
            Devices = settings.Devices,
            DataFolder = settings.DataFolder,
            Program = settings.Program,
            ExtraArguments = settings.WorkerArguments,
            Worker = (device, id) => new WorkerSettings
            {
                Join = [$"{address.Host}:{address.Port}"],
                Device = device,
                DataFolder = settings.DataFolder,
                Id = id,
                Threads = settings.ThreadsPerWorker,
                Host = settings.Host,
                Parent = Environment.ProcessId,
            },
        };
        return new NodeAgent(agent, (worker, reason) => DiedAsync(worker, reason, abort), time, _log);
    }

    private ProgramSlots Slots(ActorSystem system, CancellationToken abort)
    {
        var slots = new ProgramSlotsSettings
        {
            Devices = settings.Devices,
            DataFolder = settings.DataFolder,
            System = system,
            Coordinator = ClusterSettings.Coordinator(system),
        };
        return new ProgramSlots(slots, (worker, reason) => DiedAsync(worker, reason, abort), time, _log);
    }

    private async Task DiedAsync(string worker, string reason, CancellationToken abort) =>
        await (await Client).DiedAsync(worker, reason, abort);

    /// <summary>Lets running attempts save. Whoever has not after a while goes on from an older checkpoint next time.</summary>
    private async Task<SweepOutcome> DrainAsync(CancellationToken abort)
    {
        LogDrain(_log, settings.DrainWithin);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(abort);
        var quiet = QuietAsync(deadline.Token);
        await Task.WhenAny(quiet, _over.Task, Task.Delay(settings.DrainWithin, time, abort));
        await deadline.CancelAsync();
        return _over.Task.IsCompleted ? await _over.Task : Interrupted;
    }

    private async Task QuietAsync(CancellationToken cancel)
    {
        var client = await Client;
        await client.PauseAsync("interrupted", stopRunning: true, cancel);
        await client.QuietAsync(cancel);
    }

    private static async Task<SweepOutcome> FailedAsync(Task first)
    {
        await first; // throws why, where it knows
        throw new InvalidOperationException("The coordinator's actor system ended by itself.");
    }

    private void OnCrash(Exception failure)
    {
        LogCrash(_log, failure);
        if (Interlocked.Increment(ref _crashes) >= CrashesUntilGivenUp)
            _over.TrySetException(failure);
    }

    [LoggerMessage(LogLevel.Information, "Interrupted: running attempts have {Within} to save")]
    private static partial void LogDrain(ILogger log, TimeSpan within);

    [LoggerMessage(LogLevel.Error, "The coordinator begins anew from what is recorded")]
    private static partial void LogCrash(ILogger log, Exception failure);
}
