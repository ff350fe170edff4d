using System.Numerics;
using Experiments.Trials;

namespace Experiments.Schedulers;

/// <summary>
/// The ladders of trials that compete. Where a rung is trusted, a trial has to pass it to be compared at the next trusted one;
/// the others it goes through. A trial that went beyond a rung before that was trusted passes it when it ranks well
/// enough among those that arrived, and until then takes no place further up: a rung high above, filled by whatever came
/// first, would let the mediocre through. One step in five goes into trials that a trusted rung holds back and that run to
/// their end in spite of it: where the rung is wrong, these are the trials that show it.
/// </summary>
/// <param name="options">What the sweep file set.</param>
/// <param name="byNumber">The members of all groups, by the number of the trial.</param>
internal sealed class AshaGroup(Asha.Options options, List<AshaMember?> byNumber)
{
    /// <summary>Of so many steps that are given to trials after the first probes, one goes into doubting the rungs. Chosen by
    /// simulation (bench <c>schedulers</c>): from a fifth to three tenths nothing changes, two fifths cost more than they find.</summary>
    private const int DoubtedOneIn = 5;

    private readonly RungTrust _trust = new(options.Probes, options.ReductionFactor);
    private readonly List<AshaMember> _members = []; // those that have started
    private readonly SortedList<(int Bracket, int Step), AshaRung> _rungs = [];
    private readonly SortedRuns<(int RungsLeft, TrialId Id)> _free = new();
    private readonly Dictionary<int, int[]> _rungsOfSteps = [];
    private readonly Dictionary<(int Steps, int Bracket), AshaLadder> _ladders = [];
    private int _added;
    private bool _hasCompleted;
    private int _doubts; // probes after the first ones
    private long _given; // steps, since the first probes
    private long _doubted; // of these, those of doubts

    public AshaMember Add(ScheduledTrial trial)
    {
        if (!_rungsOfSteps.TryGetValue(trial.Steps, out var all))
            _rungsOfSteps.Add(trial.Steps, all = options.RungsOf(trial.Steps));
        var (bracket, rungs) = Brackets.Of(trial, options.Brackets, options.ReductionFactor, all);
        if (!_ladders.TryGetValue((trial.Steps, bracket), out var ladder))
            _ladders.Add((trial.Steps, bracket), ladder = new AshaLadder(rungs, [.. rungs.Select(step => RungAt(bracket, step))]));
        return new AshaMember(this, trial.Id, trial.Steps, ladder, options.RecordAt(ladder.Steps)) { IsProbe = _added++ < options.Probes };
    }

    public int? RestsAt(AshaMember member) =>
        member.RestingAt is { } rung ? NextRest(member, rung + 1)
        : member.HasStarted ? member.RestsAt
        : NextRest(member, 0);

    public void Started(AshaMember member)
    {
        _members.Add(member);
        member.Place = NextSelecting(member, 0);
        member.RestsAt = NextRest(member, 0);
        member.HasStarted = true;
        if (!member.IsProbe)
            Give(member, from: 0);
    }

    public void Measured(AshaMember member, int step, double value) => Note(member, record => record.Take(step, value));

    public void Rested(AshaMember member, int step)
    {
        var rung = Array.IndexOf(member.Record.Rungs, step);
        if (rung >= member.Record.Count)
            Measured(member, step, double.PositiveInfinity); // its report lacked the metric
        member.RestingAt = rung;
        if (member.RestingAt == member.Place)
            member.Rung.Rest(member);
        NoteWhetherFree(member);
    }

    public void Promoted(AshaMember member)
    {
        var rung = member.RestingAt!.Value;
        var hasPassed = false;
        if (member == Doubted())
        {
            member.Rung.LetThrough(member);
            member.IsProbe = true;
            _doubts++;
            _doubted += member.Steps - member.Record.Rungs[rung];
        }
        else if (member.Place <= rung)
        {
            member.Rung.Remove(member);
            member.PromotedFrom = rung;
            member.Place = NextSelecting(member, rung + 1);
            hasPassed = true;
        }

        LeaveRest(member);
        if (!member.IsProbe && NextSelecting(member, 0) <= rung)
            member.FairFrom = rung + 1;
        member.RestsAt = NextRest(member, rung + 1);
        Give(member, from: member.Record.Rungs[rung]);
        if (hasPassed && member.IsAtItsPlace)
            Enter(member); // one report was past both rungs
    }

    public void Ended(AshaMember member, TrialState state)
    {
        if (member.RestingAt is not null)
        {
            if (member.RestingAt == member.Place)
                member.Rung.Remove(member);
            LeaveRest(member);
        }

        if (!member.HasStarted || state is not (TrialState.Completed or TrialState.Failed))
            return;

        var final = state == TrialState.Completed ? member.Record.Last : double.PositiveInfinity;
        _hasCompleted |= double.IsFinite(final);
        var reached = member.Record.Count;
        if (state == TrialState.Failed)
            Note(member, record => record.Fail());

        if (_trust.Take(member.Record, member.FairFrom, reached, final))
            Rebuild();
    }

    /// <summary>The trial to go on with, and how many rungs lie before its end; of several the one nearest to it.</summary>
    public (TrialId Id, int RungsLeft)? Promotion(bool last)
    {
        if (!last && Doubted() is { } doubted)
            return (doubted.Id, doubted.RungsLeft(doubted.Place));

        (TrialId Id, int RungsLeft)? best = _free.Count > 0 ? (_free.First.Id, _free.First.RungsLeft) : null;
        for (var index = 0; index < _rungs.Count; index++)
        {
            if (_rungs.GetValueAtIndex(index).Promotable(options.ReductionFactor) is { } member
                && (best is null || member.RungsLeft(member.Place) < best.Value.RungsLeft))
            {
                best = (member.Id, member.RungsLeft(member.Place));
            }
        }

        return best ?? (last && !_hasCompleted ? Furthest() : null);
    }

    /// <summary>The trial that is to run to its end though a rung holds it back, where one is due: the worst of a rung that holds
    /// back as many as there were probes, since it is the one to show that the rung has it the wrong way round.</summary>
    private AshaMember? Doubted()
    {
        if (options.Probes == 0 || DoubtedOneIn * _doubted > _given)
            return null;
        AshaMember[] worst =
            [.. _rungs.Values.Select(rung => rung.WorstOf(options.Probes, options.ReductionFactor)).OfType<AshaMember>()];

        // Each second time the lowest rung, each fourth the next one, and so on: about as rungs hold trials back.
        return worst.Length == 0 ? null : worst[Math.Min(BitOperations.TrailingZeroCount(_doubts + 1), worst.Length - 1)];
    }

    private void Give(AshaMember member, int from) => _given += (member.RestsAt ?? member.Steps) - from;

    /// <summary>The best of those that came furthest: so few trials that none may be promoted still end with a result.</summary>
    private (TrialId, int)? Furthest() => _members
        .Where(member => member.RestingAt is { } rung && double.IsFinite(member.Record[rung]))
        .OrderBy(member => member.RungsLeft(member.RestingAt!.Value))
        .ThenBy(member => new RungEntry(member.Record[member.RestingAt!.Value], member.Id))
        .Select(member => ((TrialId, int)?)(member.Id, member.RungsLeft(member.RestingAt!.Value)))
        .FirstOrDefault();

    private static int NextSelecting(AshaMember member, int rung)
    {
        while (rung < member.Ladder.Rungs.Length && !member.Ladder.Rungs[rung].Selects)
            rung++;
        return rung;
    }

    private int? NextRest(AshaMember member, int rung)
    {
        if (member.IsProbe)
            return null;
        while (rung < member.Record.Rungs.Length && _trust[member.Record.Rungs[rung]] == RungVerdict.Misleading)
            rung++;
        return rung < member.Record.Rungs.Length ? member.Record.Rungs[rung] : null;
    }

    private AshaRung RungAt(int bracket, int step)
    {
        if (!_rungs.TryGetValue((bracket, step), out var rung))
            _rungs.Add((bracket, step), rung = new AshaRung(step, byNumber) { Selects = _trust[step] == RungVerdict.Trusted });
        return rung;
    }

    private void Note(AshaMember member, Action<RungRecord> measure)
    {
        var (rung, wasThere) = (member.Record.Count, member.IsAtItsPlace);
        measure(member.Record);
        for (; rung < member.Record.Count; rung++)
            member.Ladder.Rungs[rung].Reach(new RungEntry(member.Record[rung], member.Id));
        if (!wasThere && member.IsAtItsPlace)
            Enter(member);
    }

    private void Enter(AshaMember member)
    {
        member.Rung.Enter(member);
        foreach (var passing in member.Rung.Pass(options.ReductionFactor))
        {
            passing.Place = NextSelecting(passing, passing.Place + 1);
            NoteWhetherFree(passing);
            if (passing.IsAtItsPlace)
                Enter(passing);
        }
    }

    /// <summary>Other rungs select now: everyone takes the place that is due to what was measured, from the lowest rung up.</summary>
    private void Rebuild()
    {
        foreach (var rung in _rungs.Values)
            rung.Selects = _trust[rung.Step] == RungVerdict.Trusted;
        foreach (var member in _members)
            member.Place = NextSelecting(member, 0);
        foreach (var rung in _rungs.Values)
        {
            rung.Refill();
            foreach (var passing in rung.Pass(options.ReductionFactor))
                passing.Place = NextSelecting(passing, passing.Place + 1);
        }

        _free.Clear();
        foreach (var member in _members)
            NoteWhetherFree(member);
    }

    private void NoteWhetherFree(AshaMember member)
    {
        if (member.RestingAt is { } rung && rung < member.Place)
            _free.Add((member.RungsLeft(rung), member.Id));
    }

    private void LeaveRest(AshaMember member)
    {
        _free.Remove((member.RungsLeft(member.RestingAt!.Value), member.Id));
        member.RestingAt = null;
    }
}
