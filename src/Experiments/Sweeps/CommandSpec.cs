namespace Experiments.Sweeps;

/// <summary>How the programs of a block are run: what its entries share. Each entry has its own command line.</summary>
public sealed record CommandSpec
{
    /// <summary>What stands for task and method where a program is run instead.</summary>
    public const string Name = "command";

    /// <summary>Working folder of the program, absolute.</summary>
    public required string Directory { get; init; }

    /// <summary>Variables of its environment, besides those of the worker; values may hold placeholders.</summary>
    public EquatableArray<EnvironmentVariable> Environment { get; init; } = [];

    /// <summary>File of the attempt's folder that metric lines are read from; null for standard output.</summary>
    public string? MetricsFile { get; init; }

    /// <summary>Whether the program keeps checkpoints in the folder that it is given, and goes on from what it finds there.</summary>
    public bool Checkpoints { get; init; }

    /// <summary>Whether a trial is worth its best reported value instead of its last.</summary>
    public bool TakesBest { get; init; }

    /// <summary>Resident memory of all processes of an attempt together, in bytes; null for no limit.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>Time of one attempt; null for no limit.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>Time between the request to end (SIGTERM) and the kill.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>A variable of a program's environment.</summary>
public sealed record EnvironmentVariable(string Name, string Value);
