using Experiments.Samplers;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Schedulers;

/// <summary>Trials that are compared with each other at the same steps. What is asked for at each event is kept in order.</summary>
/// <param name="options">What the sweep file set.</param>
/// <param name="generations">The steps where they are compared, in ascending order.</param>
internal sealed class Population(PopulationBasedTraining.Options options, int[] generations)
{
    private readonly Dictionary<TrialId, PopulationMember> _members = [];
    private readonly List<SortedRuns<RungEntry>> _ranked = []; // who was measured at a generation or failed, best first
    private readonly List<TrialId> _failed = [];
    private readonly SortedRuns<(int Step, TrialId Id)> _going = new(); // whoever has not ended
    private readonly SortedRuns<(int Step, TrialId Id)> _resting = new();
    private readonly SortedSet<(int Step, TrialId Id)> _uncompared = []; // rest, and are not settled with what they go on from

    public PopulationMember this[TrialId trial] => _members[trial];

    public void Add(ScheduledTrial trial)
    {
        _members.Add(trial.Id, new PopulationMember(trial, generations));
        _going.Add((0, trial.Id));
    }

    public void Measured(TrialId trial, int step, double value)
    {
        var record = _members[trial].Record;
        var reached = record.Count;
        record.Take(step, value);
        for (; reached < record.Count; reached++)
        {
            if (_ranked.Count == reached)
                Begin();
            _ranked[reached].Add(new RungEntry(record[reached], trial));
        }
    }

    public void Rested(TrialId trial, int step)
    {
        Measured(trial, step, double.PositiveInfinity); // counts only where its report lacked the metric
        _members[trial].RestingAt = step;
        _uncompared.Add((step, trial));
        Place(_members[trial], step);
    }

    /// <summary>The member to go on with: the one with the fewest steps of those that rest, when nobody is waited for.</summary>
    public PopulationMember? Next()
    {
        if (_resting.Count == 0)
            return null;
        var next = _members[_resting.First.Id];
        return options.Sync && _going.First.Step < next.RestingAt ? null : next;
    }

    /// <summary>What a member that rests with the next one, and was not compared yet, should take over: where it is one of the worst,
    /// one of the best, evenly drawn of those with a checkpoint; never of one that is no better.</summary>
    public Exploit? Exploitation(Func<TrialId, int?> checkpointOf)
    {
        if (Next() is not { RestingAt: { } step })
            return null;

        var generation = Array.IndexOf(generations, step);
        var ranked = _ranked[generation];
        var share = ShareOf(ranked.Count);
        List<RungEntry>? best = null;
        foreach (var (_, trial) in UncomparedAt(step))
        {
            var own = new RungEntry(_members[trial].Record[generation], trial);
            if (share == 0 || own.CompareTo(ranked[ranked.Count - share]) < 0)
                continue;

            // A checkpoint from before the step would lead a member by steps whose values are recorded already.
            best ??= [.. ranked.Items.Take(share)
                .Where(donor => _members[donor.Trial].IsItselfSince(step) && checkpointOf(donor.Trial) >= step)];
            var donors = best.Count(donor => donor.Value < own.Value);
            if (donors == 0)
                continue;

            var drawn = new KeyedStream(_members[trial].Trial.Space.Seed, (ulong)trial.Number, $"pbt/{step}").Below(donors, 0);
            var donor = _members[best[(int)drawn].Trial].Trial;
            return new Exploit(trial, donor.Id, Exploration.Near(donor, trial, step, options));
        }

        return null;
    }

    public void Exploited(TrialId trial, int step, Configuration configuration)
    {
        _uncompared.Remove((_members[trial].RestingAt!.Value, trial));
        Place(_members[trial], step);
        _members[trial].TakeOver(step, configuration);
    }

    /// <summary>A member goes on: all who rest where it did are settled with what they are.</summary>
    public void Promoted(TrialId trial)
    {
        var member = _members[trial];
        UncomparedAt(member.RestingAt!.Value).Clear();
        _resting.Remove((member.Step, trial));
        member.RestingAt = null;
    }

    public void Ended(TrialId trial, TrialState state)
    {
        var member = _members[trial];
        if (member.RestingAt is { } step)
            _uncompared.Remove((step, trial));
        _resting.Remove((member.Step, trial));
        _going.Remove((member.Step, trial));
        (member.RestingAt, member.HasEnded) = (null, true);
        if (state != TrialState.Failed)
            return;

        _failed.Add(trial);
        for (var generation = 0; generation < _ranked.Count; generation++)
        {
            if (generation < member.Record.Count)
                _ranked[generation].Remove(new RungEntry(member.Record[generation], trial));
            _ranked[generation].Add(new RungEntry(double.PositiveInfinity, trial));
        }
    }

    /// <summary>A generation that somebody has come to: whoever failed before is counted as its worst.</summary>
    private void Begin()
    {
        _ranked.Add(new());
        foreach (var failed in _failed)
            _ranked[^1].Add(new RungEntry(double.PositiveInfinity, failed));
    }

    /// <summary>A member rests, and its next attempt begins from a step.</summary>
    private void Place(PopulationMember member, int step)
    {
        var id = member.Trial.Id;
        _going.Remove((member.Step, id));
        _resting.Remove((member.Step, id));
        member.Step = step;
        _going.Add((step, id));
        _resting.Add((step, id));
    }

    private SortedSet<(int Step, TrialId Id)> UncomparedAt(int step) =>
        _uncompared.GetViewBetween((step, new TrialId(0)), (step, new TrialId(int.MaxValue)));

    /// <summary>⌈q P⌉, but at most half, so that nobody is among the worst and the best.</summary>
    private int ShareOf(int count) => Math.Min((int)Math.Ceiling(options.Quantile * count - 1e-9), count / 2);
}
