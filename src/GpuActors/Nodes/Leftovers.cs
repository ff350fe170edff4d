using GpuActors.Commands;
using Microsoft.Extensions.Logging;

namespace GpuActors.Nodes;

/// <summary>What an earlier process that kept workers of this machine has left when it was killed: workers that the coordinator
/// takes for alive, their processes, and the programs of their trials.</summary>
/// <param name="dataFolder">The data folder.</param>
/// <param name="records">Which workers there are.</param>
/// <param name="died">Tells the coordinator that a worker is gone, and why.</param>
/// <param name="log">Where it is logged.</param>
internal sealed partial class Leftovers(string dataFolder, WorkerRecords records, Func<string, string, Task> died, ILogger log)
{
    /// <summary>Ends it; ids that were given to others since are left alone.</summary>
    /// <returns>The workers.</returns>
    public async Task<IReadOnlyList<WorkerRecord>> EndAsync(CancellationToken cancel)
    {
        var left = records.Left();
        foreach (var worker in left)
        {
            if (await worker.Process.EndAsync(cancel))
                LogLeftover(log, worker.Worker, worker.Process.Id);
        }

        foreach (var group in ProcessGroupRecord.EndLeftovers(dataFolder))
            LogLeftGroup(log, group);

        return left;
    }

    /// <summary>Tells the coordinator of the workers, so that their attempts need not wait until their leases are over.</summary>
    public async Task TellAsync(IReadOnlyList<WorkerRecord> left)
    {
        foreach (var worker in left)
        {
            await died(worker.Worker, "Its agent ended, and it with it.");
            records.Remove(worker.Worker);
        }
    }

    [LoggerMessage(LogLevel.Information, "Ended worker {Worker}, process {ProcessId}, which an earlier run had left")]
    private static partial void LogLeftover(ILogger log, string worker, int processId);

    [LoggerMessage(LogLevel.Information, "Ended the program of process group {Group}, which an earlier run had left")]
    private static partial void LogLeftGroup(ILogger log, int group);
}
