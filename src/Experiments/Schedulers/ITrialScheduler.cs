using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Schedulers;

/// <summary>Registers a scheduler under the name that sweep files use.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class SchedulerAttribute(string id) : Attribute
{
    /// <summary>The name, for example <c>asha</c>.</summary>
    public string Id { get; } = id;
}

/// <summary>
/// Decides which trial a free device works on, how far, and which trials are not worth going on. It is told what was
/// recorded, in that order, and decides from that alone: no clock, no randomness of its own, so that after a restart the
/// recorded events lead to the same decisions. One instance serves one sweep.
/// </summary>
/// <remarks>
/// Trials of one <see cref="ScheduledTrial.Group"/> compete with each other and with no others. Values are turned at the door:
/// lower is better, and what is not finite is the worst. What trains nothing, and what other trials need, is never told of:
/// it shows up in <see cref="Next"/> alone.
/// </remarks>
public interface ITrialScheduler
{
    /// <summary>The trial that a free device should work on, of those that could start now, in order of number.</summary>
    TrialId? Next(IReadOnlyList<TrialId> ready) => ready.Count == 0 ? null : ready[0];

    /// <summary>A trial is there that it decides about.</summary>
    void Add(ScheduledTrial trial)
    {
    }

    /// <summary>Whether its trials are populations: all of them begin before any goes on, and a checkpoint at which one rests may be
    /// gone on from by another.</summary>
    bool TrainsPopulations => false;

    /// <summary>Whether it compares trials on their way, so that it decides about none of which it is not known how far it goes.</summary>
    bool ComparesMidway => true;

    /// <summary>Whether a trial that is about to be added may begin only when it is promoted.</summary>
    bool Holds(ScheduledTrial trial) => false;

    /// <summary>The steps below its full resource at which a trial is measured, in ascending order.</summary>
    IReadOnlyList<int> RungsOf(TrialId trial) => [];

    /// <summary>Where the next attempt of a trial rests: at that step it leaves a checkpoint and its device; null where it
    /// runs to its end.</summary>
    int? RestsAt(TrialId trial) => null;

    /// <summary>A trial was given to a device, for the first time.</summary>
    void Started(TrialId trial)
    {
    }

    /// <summary>A trial was measured, once for a step. It may have passed a rung without having been measured there.</summary>
    /// <param name="trial">The trial.</param>
    /// <param name="step">The step, up to its full resource.</param>
    /// <param name="value">Lower is better; positive infinity for what is not finite.</param>
    void Measured(TrialId trial, int step, double value)
    {
    }

    /// <summary>Whether a trial that has just been measured is to end at once.</summary>
    bool IsPruned(TrialId trial) => false;

    /// <summary>A trial rests: its checkpoint of that step is durable, its device is free.</summary>
    void Rested(TrialId trial, int step)
    {
    }

    /// <summary>The resting or held trial that a free device should go on with, before any new one; null for none.</summary>
    /// <param name="last">Whether nothing but resting and held trials is left, and none will come.</param>
    TrialId? Promotion(bool last) => null;

    /// <summary>A resting or held trial was promoted.</summary>
    void Promoted(TrialId trial)
    {
    }

    /// <summary>What a resting trial should take over from another, before anything is promoted; null for nothing (more).</summary>
    /// <param name="checkpointOf">The step of the checkpoint that a trial has; null where it has none.</param>
    Exploit? Exploitation(Func<TrialId, int?> checkpointOf) => null;

    /// <summary>A resting trial has given up what it had trained, and will go on from that step of another's training with that
    /// configuration.</summary>
    void Exploited(TrialId trial, int step, Configuration configuration)
    {
    }

    /// <summary>A trial has reached its full resource, and is about to be told of as ended.</summary>
    /// <param name="trial">The trial.</param>
    /// <param name="value">What it came to, lower is better; positive infinity for what is not finite.</param>
    void Finished(TrialId trial, double value)
    {
    }

    /// <summary>A trial has ended: <see cref="TrialState.Completed"/> after its full resource, or otherwise.</summary>
    void Ended(TrialId trial, TrialState state)
    {
    }

    /// <summary>The trials that are to end at once because that one has just ended; those that have ended already do no harm.</summary>
    IEnumerable<TrialId> ClosedBy(TrialId ended) => [];

    /// <summary>Why a trial is pruned, in a sentence; null where its curve says enough.</summary>
    string? WhyPruned(TrialId trial) => null;
}

/// <summary>A trial as a scheduler knows it.</summary>
/// <param name="Id">The trial; numbers grow in the order of creation.</param>
/// <param name="Group">Trials of equal group compete: those of one method entry.</param>
/// <param name="Steps">Its full resource, in steps, at least 1.</param>
public sealed record ScheduledTrial(TrialId Id, int Group, int Steps)
{
    /// <summary>Index of its configuration in the group. Trials of one configuration differ in their seed alone, and are added
    /// in the order of the seeds.</summary>
    public int Index { get; init; }

    /// <summary>The seed of the sweep that it trains with: equal for trials that see the same data in the same order.</summary>
    public int Replicate { get; init; }

    /// <summary>The values that it begins with.</summary>
    public Configuration Configuration { get; init; } = Configuration.Empty;

    /// <summary>What its values were drawn from.</summary>
    public ExploredSpace Space { get; init; } = ExploredSpace.None;
}

/// <summary>A search space, of which some parameters may change while a trial trains.</summary>
/// <param name="Space">The space.</param>
/// <param name="Mutable">Names of the parameters that may change.</param>
/// <param name="Seed">Seed of what is drawn from it.</param>
public sealed record ExploredSpace(SearchSpace Space, IReadOnlySet<string> Mutable, ulong Seed)
{
    /// <summary>Nothing to search.</summary>
    public static ExploredSpace None { get; } = new(new SearchSpace([]), new HashSet<string>(), 0);
}

/// <summary>A trial goes on from another's checkpoint, with a configuration near the other's.</summary>
/// <param name="Trial">The trial, which rests.</param>
/// <param name="Donor">Whose newest checkpoint it takes over.</param>
/// <param name="Configuration">What it goes on with.</param>
public sealed record Exploit(TrialId Trial, TrialId Donor, Configuration Configuration);
