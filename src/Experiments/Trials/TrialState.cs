namespace Experiments.Trials;

/// <summary>Where a trial stands. The last five are ends.</summary>
public enum TrialState
{
    /// <summary>For a device, or for other trials.</summary>
    Waiting,

    /// <summary>Given to a worker that has not said yet that it began.</summary>
    Assigned,

    /// <summary>A worker works on it.</summary>
    Running,

    /// <summary>Holds at a checkpoint without a device.</summary>
    Paused,

    /// <summary>Holds at a checkpoint without a device until the scheduler promotes it or says that it is not worth going on.</summary>
    Resting,

    /// <summary>Reached its full resource.</summary>
    Completed,

    /// <summary>The scheduler said that it is not worth going on.</summary>
    Pruned,

    /// <summary>Ended with an error, its retries used up.</summary>
    Failed,

    /// <summary>The user ended it.</summary>
    Cancelled,

    /// <summary>Its configuration was refused.</summary>
    Invalid,
}

/// <summary>Why an attempt or a trial failed: the class that decides about a retry.</summary>
public enum FailureCause
{
    /// <summary>Out of memory.</summary>
    Oom,

    /// <summary>The loss or a gradient was not finite.</summary>
    Nan,

    /// <summary>The worker vanished; tried again.</summary>
    Lost,

    /// <summary>A file could not be read or written; tried again.</summary>
    Io,

    /// <summary>The time limit of a trial.</summary>
    Timeout,

    /// <summary>The method, model or data refused what the configuration asks for.</summary>
    Invalid,

    /// <summary>A trial that this one needs has failed.</summary>
    Dependency,

    /// <summary>Anything else: a mistake in the program or in the user's data.</summary>
    Error,
}
