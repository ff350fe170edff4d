namespace Experiments.Schedulers;

/// <summary>A rung of a ladder: where it selects, who arrived, and who of them has not passed.</summary>
/// <param name="step">The step at which trials are compared.</param>
/// <param name="members">The members, by the number of the trial.</param>
/// <remarks>Sets are of numbers and values alone: those of a long sweep hold nothing that a collection of garbage would have to look
/// through.</remarks>
internal sealed class AshaRung(int step, List<AshaMember?> members)
{
    private readonly SortedRuns<RungEntry> _reached = new(); // whoever was measured here, whatever its place
    private readonly RungTable _table = new();
    private readonly SortedRuns<RungEntry> _resting = new(); // with a value
    private readonly SortedRuns<RungEntry> _ahead = new(); // with a value
    private readonly List<AshaMember> _promoted = [];

    public int Step => step;

    /// <summary>Whether it is trusted, so that trials have to pass it.</summary>
    public bool Selects { get; set; }

    /// <summary>A member is measured here, whatever its place.</summary>
    public void Reach(RungEntry entry) => _reached.Add(entry);

    /// <summary>Takes in a member whose place this is.</summary>
    public void Enter(AshaMember member) => Enter(member, member.Entry);

    /// <summary>Begins anew with those whose place this is now.</summary>
    public void Refill()
    {
        _table.Clear();
        _resting.Clear();
        _ahead.Clear();
        if (!Selects)
            return;
        foreach (var entry in _reached.Items)
        {
            var member = Member(entry);
            if (member.IsAt(this))
                Enter(member, entry);
        }
    }

    /// <summary>A member that has arrived rests here.</summary>
    public void Rest(AshaMember member) => Keep(_resting, member.Entry);

    /// <summary>A member goes on without having passed.</summary>
    public void LetThrough(AshaMember member)
    {
        _resting.Remove(member.Entry);
        Keep(_ahead, member.Entry);
    }

    /// <summary>A member that was held back here is promoted, or has ended.</summary>
    public void Remove(AshaMember member)
    {
        _resting.Remove(member.Entry);
        _ahead.Remove(member.Entry);
    }

    /// <summary>The best of the resting, where it is among the best 1/η of all that arrived.</summary>
    public AshaMember? Promotable(int factor) =>
        _resting.Count > 0 && _table.IsAmongBest(_resting.First, factor) ? Member(_resting.First) : null;

    /// <summary>The worst of the resting that have a value and are not among the best 1/η of all that arrived, where there are so
    /// many; else none.</summary>
    public AshaMember? WorstOf(int least, int factor) =>
        _resting.Count >= least && !_table.IsAmongBest(_resting[_resting.Count - least], factor) ? Member(_resting.Last) : null;

    /// <summary>Lets those go that pass now: those that it has promoted once, and those that went beyond it before it selected and
    /// rank well enough to have passed it.</summary>
    public IReadOnlyList<AshaMember> Pass(int factor)
    {
        if (_promoted.Count == 0 && !IsPassed())
            return [];
        List<AshaMember> passing = [.. _promoted];
        _promoted.Clear();
        for (; IsPassed(); _ahead.RemoveFirst())
            passing.Add(Member(_ahead.First));
        return passing;

        bool IsPassed() => _ahead.Count > 0 && _table.IsAmongBest(_ahead.First, factor);
    }

    private void Enter(AshaMember member, RungEntry entry)
    {
        _table.Insert(entry);
        if (member.PromotedFrom >= member.Place)
            _promoted.Add(member);
        else if (member.RestingAt == member.Place)
            Keep(_resting, entry);
        else if (member.RestsAt != step)
            Keep(_ahead, entry);
    }

    private AshaMember Member(RungEntry entry) => members[entry.Trial.Number]!;

    /// <summary>What has no value neither passes nor is doubted.</summary>
    private static void Keep(SortedRuns<RungEntry> set, RungEntry entry)
    {
        if (double.IsFinite(entry.Value))
            set.Add(entry);
    }
}
