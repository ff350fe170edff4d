using System.ComponentModel;

namespace Experiments.Schedulers;

/// <summary>First come, first served: the waiting trial with the lowest number goes next, and runs to its end.</summary>
[Scheduler("fifo")]
[Description("Trials run to their end in order of their numbers.")]
public sealed class FifoScheduler : ITrialScheduler
{
    /// <inheritdoc/>
    public bool ComparesMidway => false;
}
