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

    /// <summary>What a member that rests with the next one, and was not compared yet, should take over: where it is one of the worst,
    /// one of the best, evenly drawn of those with a checkpoint; never of one that is no better.</summary>
    public Exploit? Exploitation(Func<TrialId, int?> checkpointOf)
    {
        if (Next() is not { RestingAt: { } step })
            return null;

        var generation = Array.IndexOf(generations, step);
        var ranked = _members.Where(member => member.IsIn(generation))
            .OrderBy(member => (member.ValueAt(generation), member.Trial.Id))
            .ToList();
        var share = ShareOf(ranked.Count);

        // A checkpoint from before the step would lead a member by steps whose values are recorded already.
        var best = ranked[..share].FindAll(donor => donor.IsItselfSince(step) && checkpointOf(donor.Trial.Id) >= step);
        foreach (var member in ranked[^share..].OrderBy(member => member.Trial.Id))
        {
            var donors = best.FindAll(donor => donor.ValueAt(generation) < member.ValueAt(generation));
            if (member.RestingAt != step || member.IsCompared || donors.Count == 0)
                continue;

            var drawn = new KeyedStream(member.Trial.Space.Seed, (ulong)member.Trial.Id.Number, $"pbt/{step}").Below(donors.Count, 0);
            var donor = donors[(int)drawn].Trial;
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

    /// <summary>⌈q P⌉, but at most half, so that nobody is among the worst and the best.</summary>
    private int ShareOf(int count) => Math.Min((int)Math.Ceiling(options.Quantile * count - 1e-9), count / 2);
}
