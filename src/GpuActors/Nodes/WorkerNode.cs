using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace GpuActors.Nodes;

/// <summary>
/// A machine that gives all its devices to a coordinator elsewhere: an agent with a worker process a device. Each joins the
/// cluster by itself, so the coordinator finds out by the cluster when one is gone.
/// </summary>
/// <param name="settings">What the machine gives.</param>
/// <param name="logging">Where it logs to.</param>
/// <param name="time">The clock.</param>
public sealed class WorkerNode(WorkerNodeSettings settings, ILoggerFactory logging, TimeProvider time)
{
    /// <summary>Runs until it is asked to leave, or until no coordinator was heard of for long.</summary>
    /// <param name="leave">Asks running attempts to save, and the workers to leave.</param>
    /// <exception cref="WorkerStartException">When no worker can be started.</exception>
    public async Task RunAsync(CancellationToken leave)
    {
        var agentSettings = new NodeAgentSettings
        {
            Devices = settings.Devices,
            DataFolder = settings.DataFolder,
            Program = settings.Program,
            Worker = Worker,
            EndsAlone = true,
        };
        await using var agent = new NodeAgent(agentSettings, (_, _) => Task.CompletedTask, time, logging.CreateLogger<WorkerNode>());
        var supervised = agent.RunAsync();
        await Task.WhenAny(supervised, Task.Delay(Timeout.Infinite, leave));
        await agent.StopAsync(settings.LeaveWithin);
        await supervised;
    }

    private WorkerSettings Worker(string device, string id) => new()
    {
        Join = settings.Join,
        Device = device,
        DataFolder = settings.DataFolder,
        Id = id,
        Threads = settings.Threads,
        Host = settings.Host,
        Parent = Environment.ProcessId,
    };
}

/// <summary>What a machine gives to a coordinator.</summary>
public sealed record WorkerNodeSettings
{
    /// <summary>Where coordinators are found, each as HOST:PORT.</summary>
    public required ImmutableArray<string> Join { get; init; }

    /// <summary>Its devices, each of which gets a worker process.</summary>
    public required ImmutableArray<string> Devices { get; init; }

    /// <summary>The data folder, which the coordinator sees too.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Threads of one operation on the CPU, in each worker.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Address that the coordinator reaches the machine by.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>How this program is started as a worker.</summary>
    public ProgramPath Program { get; init; } = ProgramPath.Current;

    /// <summary>How long saving and reporting may take when it leaves.</summary>
    public TimeSpan LeaveWithin { get; init; } = TimeSpan.FromSeconds(30);
}
