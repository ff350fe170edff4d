using System.Reflection;
using Experiments.Sweeps;

namespace Experiments.Schedulers;

/// <summary>Every scheduler of this assembly that registered itself with <see cref="SchedulerAttribute"/>.</summary>
public static class SchedulerCatalogue
{
    private static readonly PartRegistry<ITrialScheduler> _registry = new(
        "scheduler", typeof(SchedulerCatalogue).Assembly.GetTypes(), type => type.GetCustomAttribute<SchedulerAttribute>()?.Id);

    /// <summary>Descriptions, sorted by id.</summary>
    public static IReadOnlyList<PartDescription> All => _registry.All;

    /// <summary>The scheduler that a sweep names.</summary>
    /// <exception cref="SpecException">When it, or one of its options, is not known.</exception>
    public static ITrialScheduler Create(SchedulerSpec spec) => _registry.Create(spec.Type, spec.Options);
}
