namespace Experiments.Simulation;

/// <summary>Devices, how they are reached, and what befalls them. By default one device that nothing befalls, at once reached.</summary>
public sealed record VirtualCluster
{
    /// <summary>Number of devices, at least 1.</summary>
    public int Devices { get; init; } = 1;

    /// <summary>Time of a message, either way.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>How often a device loses its worker in a day of 24 hours, on average; the times are those of a Poisson process.</summary>
    public double LossesPerDay { get; init; }

    /// <summary>Time until a lost worker is missed.</summary>
    public TimeSpan Detection { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Time until another worker has taken a lost one's place.</summary>
    public TimeSpan Restart { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Share of trials that fail by themselves, each at a step that is fixed for it: at least 0, below 1.</summary>
    public double Failures { get; init; }

    /// <summary>Share of reports that are lost on their way: at least 0, below 1.</summary>
    public double LostReports { get; init; }

    /// <summary>Time after which a report that was lost is sent again.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Steps between reports of the training loss; null for none.</summary>
    public int? ReportEvery { get; init; }

    /// <summary>Steps between checkpoints, besides those at rungs; null for none.</summary>
    public int? CheckpointEvery { get; init; }

    /// <summary>Seed of all that befalls.</summary>
    public ulong Seed { get; init; }
}
