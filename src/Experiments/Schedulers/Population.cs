using Experiments.Samplers;
using Experiments.Trials;

namespace Experiments.Schedulers;

/// <summary>Trials that are compared with each other at the same steps.</summary>
/// <param name="options">What the sweep file set.</param>
/// <param name="generations">The steps where they are compared, in ascending order.</param>
internal sealed class Population(PopulationBasedTraining.Options options, int[] generations)
{
    private readonly List<PopulationMember> _members = [];

    public PopulationMember Add(ScheduledTrial trial)
    {
        var member = new PopulationMember(trial, generations);
        _members.Add(member);
        return member;
    }

    /// <summary>The member to go on with: the one with the fewest steps of those that rest, when nobody is waited for.</summary>
    public PopulationMember? Next()
    {
        var next = _members.Where(member => member.RestingAt is not null).MinBy(member => (member.Step, member.Trial.Id));
        return next is null || (options.Sync && _members.Exists(member => !member.HasEnded && member.Step < next.RestingAt))
            ? null
            : next;
    }

    /// <summary>What a member that rests with the next one, and was not compared yet, should take over.</summary>
    public Exploit? Exploitation(Func<TrialId, int?> checkpointOf)
    {
        if (Next() is not { RestingAt: { } step })
            return null;

        foreach (var member in _members)
        {
            if (member.RestingAt == step && !member.IsCompared && DonorOf(member, step, checkpointOf) is { } donor)
                return new Exploit(member.Trial.Id, donor.Id, Exploration.Near(donor, member.Trial.Id, step, options));
        }

        return null;
    }

    /// <summary>A member goes on: all who rest where it did are settled with what they are.</summary>
    public void Promoted(PopulationMember promoted)
    {
        foreach (var member in _members.Where(member => member.RestingAt == promoted.RestingAt))
            member.IsCompared = true;
        promoted.GoOn();
    }

    /// <summary>One of the best, evenly drawn of those with a checkpoint, where the member is one of the worst; never one that is
    /// no better.</summary>
    private ScheduledTrial? DonorOf(PopulationMember member, int step, Func<TrialId, int?> checkpointOf)
    {
        var generation = Array.IndexOf(generations, step);
        var ranked = _members.Where(other => other.IsIn(generation))
            .OrderBy(other => (other.ValueAt(generation), other.Trial.Id))
            .ToList();
        var share = ShareOf(ranked.Count);
        if (ranked.IndexOf(member) < ranked.Count - share)
            return null;

        // A checkpoint from before the step would lead the member by steps whose values are recorded already.
        var donors = ranked[..share].FindAll(donor => donor.ValueAt(generation) < member.ValueAt(generation)
            && donor.IsItselfSince(step) && checkpointOf(donor.Trial.Id) >= step);
        var drawn = new KeyedStream(member.Trial.Space.Seed, (ulong)member.Trial.Id.Number, $"pbt/{step}");
        return donors.Count == 0 ? null : donors[(int)drawn.Below(donors.Count, 0)].Trial;
    }

    /// <summary>⌈q P⌉, but at most half, so that nobody is among the worst and the best.</summary>
    private int ShareOf(int count) => Math.Min((int)Math.Ceiling(options.Quantile * count - 1e-9), count / 2);
}
