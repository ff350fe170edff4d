using Experiments.Trials;

namespace GpuActors.Commands;

/// <summary>Why the program of a trial has failed. The first line of the message says it; what the program wrote last follows.</summary>
internal sealed class CommandException(FailureCause cause, string message, int? step = null) : Exception(message)
{
    /// <summary>Its class.</summary>
    public FailureCause Cause { get; } = cause;

    /// <summary>The step that it failed at, where it is known.</summary>
    public int? Step { get; } = step;
}
