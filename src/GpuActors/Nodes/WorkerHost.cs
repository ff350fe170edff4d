using System.Runtime.InteropServices;
using Akka.Actor;
using Experiments.Trials;
using GpuActors.Workers;
using Microsoft.Extensions.Logging;

namespace GpuActors.Nodes;

/// <summary>
/// A worker process: joins the cluster, works on attempts on one device, and joins again when the cluster has dropped it or
/// its coordinator was restarted; the attempt in hand goes on meanwhile. It handles signals itself: SIGTERM asks it to save
/// and leave, and the Ctrl-C that a terminal sends to a whole group of processes is its agent's to act on.
/// </summary>
/// <param name="settings">Who it is.</param>
/// <param name="runner">Does the work.</param>
/// <param name="logging">Where it logs to.</param>
/// <param name="time">The clock.</param>
public sealed partial class WorkerHost(WorkerSettings settings, ITrialRunner runner, ILoggerFactory logging, TimeProvider time)
{
    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(1);

    /// <summary>How long saving and reporting may take when the agent is gone, and most likely the coordinator with it.</summary>
    private static readonly TimeSpan OrphanedWithin = TimeSpan.FromSeconds(3);

    private readonly ILogger _log = logging.CreateLogger<WorkerHost>();
    private readonly TaskCompletionSource<Departure> _departure = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private WorkerInfo Worker { get; } = new(settings.Id ?? NewId(time), settings.Device, Environment.MachineName);

    /// <summary>Works until it is asked to leave, is left alone, or its device is lost.</summary>
    /// <param name="parentPipe">Standard input, where an agent writes to it; null when no agent started it.</param>
    /// <param name="output">Standard output, which an agent reads.</param>
    /// <param name="leave">Asks it to save and leave.</param>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    /// <exception cref="ClusterException">When the coordinator does not take it, with the reason.</exception>
    /// <exception cref="Adapters.Methods.AdapterException">When the library that trains cannot be loaded, with the remedy.</exception>
    public async Task<int> RunAsync(Stream? parentPipe, TextWriter output, CancellationToken leave)
    {
        if (settings.Parent is { } parent && !ParentProcess.Bind(parent))
            return ExitCodes.ParentGone;

        using var signals = ListenToSignals(parentPipe);
        using var asked = leave.Register(() => Depart("It was asked to.", ExitCodes.Left));
        using var bench = new Workbench(runner, time, _log);
        bench.WarmUp(ready: () => TellReady(parentPipe, output), failed: failure => _departure.TrySetException(failure));

        for (var round = 0; ; round++)
        {
            await LiveInClusterAsync(bench);
            if (_departure.Task.IsCompleted)
                break;
            LogRejoin(_log, Worker.Id);
            await Task.WhenAny(_departure.Task, Task.Delay(Pause(round), time, CancellationToken.None));
        }

        var departure = await _departure.Task;
        await SaveAloneAsync(bench, departure.Within);
        LogDeparture(_log, Worker.Id, departure.Reason);
        return departure.ExitCode;
    }

    private static void TellReady(Stream? parentPipe, TextWriter output)
    {
        if (parentPipe is not null)
            output.WriteLine(ParentPipe.ReadyLine);
    }

    /// <summary>One life of the actor system, until it ends, the coordinator stays silent, or the worker has departed.</summary>
    private async Task LiveInClusterAsync(Workbench bench)
    {
        var cluster = new ClusterSettings
        {
            Role = ClusterSettings.GpuRole,
            Host = settings.Host,
            Seeds = settings.Join,
            Logging = logging,
        };
        var actorSettings = new GpuActorSettings
        {
            Worker = Worker,
            DataFolder = () => DataFolderId.Find(settings.DataFolder) ?? "",
            Refused = reason => _departure.TrySetException(new ClusterException(reason)),
            DeviceLost = reason => Depart(reason, ExitCodes.DeviceLost),
        };
        using var system = cluster.Start();
        var actor = system.ActorOf(GpuActor.Props(actorSettings, bench, ClusterSettings.Coordinator(system), time), "gpu");

        await LiveAsync(system, bench);
        if (_departure.Task.IsCompletedSuccessfully && !system.WhenTerminated.IsCompleted)
        {
            var departure = await _departure.Task;
            var gone = actor.WatchAsync();
            actor.Tell(new GpuActor.Leave(departure.Reason));
            await Task.WhenAny(gone, Task.Delay(departure.Within, time));
        }

        await ClusterSettings.LeaveAsync(system, time);
    }

    private async Task LiveAsync(ActorSystem system, Workbench bench)
    {
        var begun = time.GetTimestamp();
        while (!_departure.Task.IsCompleted && !system.WhenTerminated.IsCompleted)
        {
            await Task.WhenAny(_departure.Task, system.WhenTerminated, Task.Delay(Watch, time));
            if (bench.Silence > settings.OrphanGrace)
                Depart($"No coordinator was heard of for {settings.OrphanGrace}.", ExitCodes.Orphaned);
            else if (bench.Silence > settings.RejoinAfter && time.GetElapsedTime(begun) > settings.RejoinAfter)
                return;
        }
    }

    /// <summary>Lets an attempt that nobody can be told about save.</summary>
    private async Task SaveAloneAsync(Workbench bench, TimeSpan within)
    {
        if (bench.InHand is not { Over: false } run)
            return;

        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        run.Notify(() =>
        {
            if (run.Over)
                over.TrySetResult();
        });
        run.StopAndSave();
        await Task.WhenAny(over.Task, Task.Delay(within, time));
    }

    private SignalHandlers ListenToSignals(Stream? parentPipe)
    {
        if (parentPipe is not null)
        {
            ParentPipe.Listen(
                parentPipe,
                leave: () => Depart("Its agent asked it to.", ExitCodes.Left),
                ended: () => Depart("Its agent is gone.", ExitCodes.Orphaned));
        }

        return new SignalHandlers(
            terminate: () => Depart("It was told to end.", ParentIsGone() ? ExitCodes.Orphaned : ExitCodes.Left),
            ignoreInterrupt: settings.Parent is not null);
    }

    private bool ParentIsGone() => settings.Parent is { } parent && !ParentProcess.Bind(parent);

    private void Depart(string reason, int exitCode) => _departure.TrySetResult(
        new Departure(reason, exitCode, ParentIsGone() ? OrphanedWithin : settings.LeaveWithin));

    private static string NewId(TimeProvider time) =>
        $"{Environment.MachineName.ToLowerInvariant()}-{Environment.ProcessId}-{time.GetUtcNow().ToUnixTimeMilliseconds():x}";

    /// <summary>A second or two, not the same for all workers, so that they do not come back all at once.</summary>
    private TimeSpan Pause(int round) =>
        TimeSpan.FromMilliseconds(1_000 + (HashCode.Combine(StringComparer.Ordinal.GetHashCode(Worker.Id), round) & 1_023));

    [LoggerMessage(LogLevel.Warning, "{Worker} joins the cluster anew")]
    private static partial void LogRejoin(ILogger log, string worker);

    [LoggerMessage(LogLevel.Information, "{Worker} leaves. {Reason}")]
    private static partial void LogDeparture(ILogger log, string worker, string reason);

    private sealed record Departure(string Reason, int ExitCode, TimeSpan Within);

    private sealed class SignalHandlers : IDisposable
    {
        private readonly List<PosixSignalRegistration> _registrations = [];

        public SignalHandlers(Action terminate, bool ignoreInterrupt)
        {
            Register(PosixSignal.SIGTERM, terminate);
            if (ignoreInterrupt)
            {
                Register(PosixSignal.SIGINT, () => { });
                Register(PosixSignal.SIGHUP, () => { });
            }
        }

        public void Dispose() => _registrations.ForEach(registration => registration.Dispose());

        private void Register(PosixSignal signal, Action act) => _registrations.Add(PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            act();
        }));
    }
}
