using System.Collections.Immutable;
using System.Globalization;

namespace GpuActors.Nodes;

/// <summary>What a worker process is given.</summary>
public sealed record WorkerSettings
{
    /// <summary>Where coordinators are found, each as HOST:PORT.</summary>
    public required ImmutableArray<string> Join { get; init; }

    /// <summary>The device that it owns, for example <c>cuda:0</c> or <c>cpu:1</c>.</summary>
    public required string Device { get; init; }

    /// <summary>The data folder, which all workers of a sweep and its coordinator see at their own path.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Its name, unique for this process; null for one made of host, process id and time.</summary>
    public string? Id { get; init; }

    /// <summary>Threads of one operation on the CPU.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Address that the coordinator reaches it by.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Process id of the agent that started it, to which it is bound; null when a person or a batch system did.</summary>
    public int? Parent { get; init; }

    /// <summary>How long it goes on without a coordinator before it saves and ends.</summary>
    public TimeSpan OrphanGrace { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long it waits for a silent coordinator before it joins the cluster anew.</summary>
    public TimeSpan RejoinAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long saving and reporting may take when it leaves.</summary>
    public TimeSpan LeaveWithin { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>The arguments of the <c>worker</c> command that stand for these settings.</summary>
    public IReadOnlyList<string> ToArguments()
    {
        List<string> arguments = ["worker"];
        foreach (var seed in Join)
            arguments.AddRange(["--join", seed]);
        arguments.AddRange(["--device", Device, "--data", DataFolder, "--host", Host]);
        arguments.AddRange(["--threads", Threads.ToString(CultureInfo.InvariantCulture)]);
        if (Id is not null)
            arguments.AddRange(["--id", Id]);
        if (Parent is { } parent)
            arguments.AddRange(["--parent", parent.ToString(CultureInfo.InvariantCulture)]);
        return arguments;
    }
}
