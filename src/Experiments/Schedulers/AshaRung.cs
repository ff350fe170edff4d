namespace Experiments.Schedulers;

/// <summary>A rung of a ladder: where it selects, who arrived, and who of them has not passed.</summary>
/// <param name="step">The step at which trials are compared.</param>
internal sealed class AshaRung(int step)
{
    private readonly SortedRuns<Standing> _resting = new(); // with a value
    private readonly SortedRuns<Standing> _ahead = new(); // with a value
    private readonly List<AshaMember> _promoted = [];
    private RungTable _table = new();

    public int Step => step;

    /// <summary>Whether it is trusted, so that trials have to pass it.</summary>
    public bool Selects { get; set; }

    /// <summary>Takes in a member whose place this is.</summary>
    public void Insert(AshaMember member) => Insert(new Standing(member));

    /// <summary>Begins anew with those whose place this is now.</summary>
    public void Fill(List<Standing> arrived)
    {
        _table = new RungTable();
        _resting.Clear();
        _ahead.Clear();
        _promoted.Clear();
        arrived.Sort();
        foreach (var standing in arrived)
            Insert(standing);
    }

    /// <summary>A member that has arrived rests here.</summary>
    public void Rest(AshaMember member) => Keep(_resting, new Standing(member));

    /// <summary>A member goes on without having passed.</summary>
    public void LetThrough(AshaMember member)
    {
        var standing = new Standing(member);
        _resting.Remove(standing);
        Keep(_ahead, standing);
    }

    /// <summary>A member that was held back here is promoted, or has ended.</summary>
    public void Remove(AshaMember member)
    {
        var standing = new Standing(member);
        _resting.Remove(standing);
        _ahead.Remove(standing);
    }

    /// <summary>The best of the resting, where it is among the best 1/η of all that arrived.</summary>
    public AshaMember? Promotable(int factor) =>
        _resting.Count > 0 && _resting.First is var best && _table.IsAmongBest(best.Entry, factor) ? best.Member : null;

    /// <summary>The worst of the resting that have a value and are not among the best 1/η of all that arrived, where there are so
    /// many; else none.</summary>
    public AshaMember? WorstOf(int least, int factor) =>
        _resting.Count >= least && !_table.IsAmongBest(_resting[_resting.Count - least].Entry, factor) ? _resting.Last.Member : null;

    /// <summary>Lets those go that pass now: those that it has promoted once, and those that went beyond it before it selected and
    /// rank well enough to have passed it.</summary>
    public IReadOnlyList<AshaMember> Pass(int factor)
    {
        if (_promoted.Count == 0 && !IsPassed())
            return [];
        List<AshaMember> passing = [.. _promoted];
        _promoted.Clear();
        for (; IsPassed(); _ahead.RemoveFirst())
            passing.Add(_ahead.First.Member);
        return passing;

        bool IsPassed() => _ahead.Count > 0 && _table.IsAmongBest(_ahead.First.Entry, factor);
    }

    private void Insert(Standing standing)
    {
        var member = standing.Member;
        _table.Insert(standing.Entry);
        if (member.PromotedFrom >= member.Place)
            _promoted.Add(member);
        else if (member.RestingAt == member.Place)
            Keep(_resting, standing);
        else if (member.RestsAt != member.PlaceStep)
            Keep(_ahead, standing);
    }

    /// <summary>What has no value neither passes nor is doubted.</summary>
    private static void Keep(SortedRuns<Standing> standings, Standing standing)
    {
        if (double.IsFinite(standing.Entry.Value))
            standings.Add(standing);
    }

    /// <summary>A member in the order of what it was measured at its place.</summary>
    internal readonly record struct Standing(RungEntry Entry, AshaMember Member) : IComparable<Standing>
    {
        public Standing(AshaMember member) : this(member.Entry, member)
        {
        }

        public int CompareTo(Standing other) => Entry.CompareTo(other.Entry);
    }
}
