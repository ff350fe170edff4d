using System.Collections.Concurrent;
using System.Collections.Immutable;
using Adapters.Runtime;
using Microsoft.Extensions.Logging;

namespace GpuActors.Nodes;

/// <summary>
/// Keeps one worker process running for each device of this machine: starts them, starts those again that ended, tells the
/// coordinator at once of a death, and ends what an earlier agent has left. A device whose worker cannot start is given up.
/// </summary>
internal sealed partial class NodeAgent : ILocalWorkers
{
    private const int StartsUntilGivenUp = 5;
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Proven = TimeSpan.FromSeconds(30);

    private readonly NodeAgentSettings _settings;
    private readonly Func<string, string, Task> _died;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly WorkerRecords _records;
    private readonly Leftovers _leftovers;
    private readonly ProcessLauncher _launcher = new();
    private readonly ConcurrentDictionary<string, WorkerProcess> _running = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ProcessIdentity _process = ProcessIdentity.Of(Environment.ProcessId)!;
    private int _started;

    /// <param name="settings">What it runs.</param>
    /// <param name="died">Tells the coordinator that a worker's process is gone, and why.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where starts and ends are logged.</param>
    public NodeAgent(NodeAgentSettings settings, Func<string, string, Task> died, TimeProvider time, ILogger log)
    {
        (_settings, _died, _time, _log) = (settings, died, time, log);
        _records = new WorkerRecords(settings.DataFolder, time, log);
        _leftovers = new Leftovers(settings.DataFolder, _records, died, log);
    }

    /// <summary>Runs until the agent is disposed, or no device has a worker any more: each was given up or left alone.</summary>
    /// <exception cref="WorkerStartException">When no worker can be started.</exception>
    public async Task RunAsync()
    {
        var left = await _leftovers.EndAsync(_stopping.Token);
        var told = _leftovers.TellAsync(left);
        var ends = await Task.WhenAll(_settings.Devices.Select(SuperviseAsync));
        await told;
        if (!_stopping.IsCancellationRequested && Array.Find(ends, end => end is { CouldWork: false }) is { } failed)
            throw new WorkerStartException(failed);
    }

    /// <inheritdoc/>
    public async Task StopAsync(TimeSpan within)
    {
        await _stopping.CancelAsync();
        var running = _running.Values.ToArray();
        await Task.WhenAll(running.Select(worker => worker.AskToLeaveAsync()));
        var gone = Task.WhenAll(running.Select(worker => worker.End));
        await Task.WhenAny(gone, Task.Delay(within, _time));
        if (!gone.IsCompleted)
            Kill();
        await gone;
    }

    /// <inheritdoc/>
    public void Kill()
    {
        _stopping.Cancel();
        foreach (var worker in _running.Values)
            worker.Kill();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero);
        _launcher.Dispose();
    }

    /// <summary>Keeps a worker running on a device.</summary>
    /// <returns>How the last one ended when there is to be no other; null when the agent stops.</returns>
    private async Task<WorkerEnd?> SuperviseAsync(string device)
    {
        var backoff = FirstBackoff;
        var failedStarts = 0;
        while (!_stopping.IsCancellationRequested)
        {
            var begun = _time.GetTimestamp();
            var end = await RunWorkerAsync(device);
            if (_stopping.IsCancellationRequested)
                return null;

            if (end.ExitCode == ExitCodes.Orphaned && _settings.EndsAlone)
                return end;

            failedStarts = end.CouldWork ? 0 : failedStarts + 1;
            if (failedStarts == StartsUntilGivenUp)
            {
                LogGivenUp(_log, device, end.LastWords);
                return end;
            }

            backoff = _time.GetElapsedTime(begun) > Proven ? FirstBackoff : backoff;
            await Task.Delay(backoff, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            backoff = backoff * 2 < LongestBackoff ? backoff * 2 : LongestBackoff;
        }

        return null;
    }

    private async Task<WorkerEnd> RunWorkerAsync(string device)
    {
        var settings = _settings.Worker(device, _records.NameOf(Interlocked.Increment(ref _started)));
        using var worker = await WorkerProcess.StartAsync(
            _launcher, _settings.Program, settings, _settings.ExtraArguments, TorchRuntime.RecommendedEnvironment(settings.Threads));
        _running[worker.Id] = worker;
        if (ProcessIdentity.Of(worker.ProcessId) is { } process)
            _records.Add(new WorkerRecord(worker.Id, device, process, _process));
        LogStarted(_log, worker.Id, device, worker.ProcessId);
        if (_stopping.IsCancellationRequested)
            worker.Kill(); // the stop did not see it

        var end = await worker.End;
        _running.TryRemove(worker.Id, out _);
        _records.Remove(worker.Id);
        if (!_stopping.IsCancellationRequested)
        {
            LogEnded(_log, worker.Id, device, end.Description, end.LastWords);
            await _died(worker.Id, end.Description);
        }

        return end;
    }

    [LoggerMessage(LogLevel.Information, "Started worker {Worker} for {Device} as process {ProcessId}")]
    private static partial void LogStarted(ILogger log, string worker, string device, int processId);

    [LoggerMessage(LogLevel.Warning, "Worker {Worker} of {Device} is gone. {Reason} {LastWords}")]
    private static partial void LogEnded(ILogger log, string worker, string device, string reason, string lastWords);

    [LoggerMessage(LogLevel.Error, "No worker for {Device} can be started, so it is given up. {LastWords}")]
    private static partial void LogGivenUp(ILogger log, string device, string lastWords);
}

/// <summary>What a node agent runs.</summary>
internal sealed record NodeAgentSettings
{
    /// <summary>Devices of this machine, each of which gets a worker.</summary>
    public required ImmutableArray<string> Devices { get; init; }

    /// <summary>The data folder.</summary>
    public required string DataFolder { get; init; }

    /// <summary>The program to start.</summary>
    public required ProgramPath Program { get; init; }

    /// <summary>What a worker is told, by its device and id.</summary>
    public required Func<string, string, WorkerSettings> Worker { get; init; }

    /// <summary>Arguments of every worker besides its settings, for example where to log to.</summary>
    public ImmutableArray<string> ExtraArguments { get; init; } = [];

    /// <summary>Whether a device is done with once its worker has ended because no coordinator was heard of for long.</summary>
    public bool EndsAlone { get; init; }
}

/// <summary>No worker process can be started; the message is what the last one said, or how it ended.</summary>
public sealed class WorkerStartException : Exception
{
    internal WorkerStartException(WorkerEnd end)
        : base(end.LastWords.Length > 0 ? end.LastWords : $"No worker process can be started. {end.Description}")
    {
    }
}
