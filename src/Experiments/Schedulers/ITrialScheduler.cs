using Experiments.Trials;

namespace Experiments.Schedulers;

/// <summary>Registers a scheduler under the name that sweep files use.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class SchedulerAttribute(string id) : Attribute
{
    /// <summary>The name, for example <c>fifo</c>.</summary>
    public string Id { get; } = id;
}

/// <summary>Decides which waiting trial goes next. Pure: a function of the trials it is shown.</summary>
public interface ITrialScheduler
{
    /// <summary>The trial that a free device should work on, of those that could start now, in order of number.</summary>
    TrialId? Next(IReadOnlyList<TrialId> ready);
}
