using System.Collections.Immutable;
using Akka.Actor;
using Experiments.Trials;
using GpuActors.Commands;
using GpuActors.Workers;
using Microsoft.Extensions.Logging;

namespace GpuActors.Nodes;

/// <summary>
/// Devices of the coordinator's machine that work on programs, an actor each, in the coordinator's own process. A program is a
/// process already and ends with this one by its watcher, so a worker process between the two would guard nothing, and cost
/// each trial its messages through the network.
/// </summary>
internal sealed class ProgramSlots : ILocalWorkers
{
    private readonly ProgramSlotsSettings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly WorkerRecords _records;
    private readonly Leftovers _leftovers;
    private readonly ProcessIdentity _process = ProcessIdentity.Of(Environment.ProcessId)!;
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();
    private Task<ImmutableArray<Slot>> _slots = Task.FromResult(ImmutableArray<Slot>.Empty);
    private bool _saves = true;

    /// <param name="settings">What there is to work on.</param>
    /// <param name="died">Tells the coordinator that a worker of an earlier run is gone, and why.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where it logs to.</param>
    public ProgramSlots(ProgramSlotsSettings settings, Func<string, string, Task> died, TimeProvider time, ILogger log)
    {
        (_settings, _time, _log) = (settings, time, log);
        _records = new WorkerRecords(settings.DataFolder, time, log);
        _leftovers = new Leftovers(settings.DataFolder, _records, died, log);
    }

    /// <summary>Runs until it is stopped.</summary>
    /// <exception cref="ClusterException">When the coordinator does not take its workers, with the reason.</exception>
    public async Task RunAsync()
    {
        var left = _leftovers.EndAsync(_stopping.Token);
        _slots = OpenAsync(left);
        await _slots;
        await _leftovers.TellAsync(await left);
        await _over.Task;
    }

    /// <inheritdoc/>
    public async Task StopAsync(TimeSpan within)
    {
        await _stopping.CancelAsync();
        await ((Task)_slots).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_slots.IsCompletedSuccessfully)
            await Task.WhenAll((await _slots).Select(slot => CloseAsync(slot, within)));
        _slots = Task.FromResult(ImmutableArray<Slot>.Empty);
        _over.TrySetResult();
    }

    /// <inheritdoc/>
    public void Kill() => _saves = false;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero);
        _stopping.Dispose();
    }

    private async Task<ImmutableArray<Slot>> OpenAsync(Task left)
    {
        await left;
        _stopping.Token.ThrowIfCancellationRequested();
        return [.. _settings.Devices.Select((device, index) => Open(device, _records.NameOf(index + 1)))];
    }

    private Slot Open(string device, string id)
    {
        var settings = new GpuActorSettings
        {
            Worker = new WorkerInfo(id, device, Environment.MachineName),
            DataFolder = () => DataFolderId.Find(_settings.DataFolder) ?? "",
            Refused = reason => _over.TrySetException(new ClusterException(reason)),
        };
        _records.Add(new WorkerRecord(id, device, _process, _process));
        var bench = new Workbench(new CommandRunner(Path.GetFullPath(_settings.DataFolder), device, _time), _time, _log);
        return new Slot(id, bench, _settings.System.ActorOf(GpuActor.Props(settings, bench, _settings.Coordinator, _time), id));
    }

    /// <summary>A worker that has not left keeps its record, so that the next run tells the coordinator of it, as of one that was
    /// killed with its process.</summary>
    private async Task CloseAsync(Slot slot, TimeSpan within)
    {
        var gone = slot.Actor.WatchAsync();
        if (_saves)
        {
            slot.Actor.Tell(new GpuActor.Leave("The run ends."));
            await Task.WhenAny(gone, _settings.System.WhenTerminated, Task.Delay(within, _time));
        }

        var hasLeft = gone.IsCompleted;
        _settings.System.Stop(slot.Actor);
        await Task.WhenAny(gone, _settings.System.WhenTerminated);
        await slot.Bench.EndAsync();
        if (hasLeft)
            _records.Remove(slot.Worker);
    }

    private sealed record Slot(string Worker, Workbench Bench, IActorRef Actor);
}

/// <summary>What programs are worked on with.</summary>
internal sealed record ProgramSlotsSettings
{
    /// <summary>Devices of this machine, each of which works on one program at a time.</summary>
    public required ImmutableArray<string> Devices { get; init; }

    /// <summary>The data folder.</summary>
    public required string DataFolder { get; init; }

    /// <summary>The actor system that has the coordinator.</summary>
    public required ActorSystem System { get; init; }

    /// <summary>Where the coordinator is reached.</summary>
    public required IActorRef Coordinator { get; init; }
}
