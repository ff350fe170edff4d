namespace Experiments.Schedulers;

/// <summary>A rung that selects: who arrived, and who of them has not passed.</summary>
internal sealed class AshaRung
{
    private readonly RungTable _table = new();
    private readonly SortedSet<Standing> _resting = [];
    private readonly SortedSet<Standing> _ahead = [];
    private readonly List<AshaMember> _promoted = [];

    /// <summary>Takes in a member whose place this is.</summary>
    public void Insert(AshaMember member)
    {
        _table.Insert(member.Entry);
        if (member.PromotedFrom >= member.Place)
            _promoted.Add(member);
        else if (member.RestingAt == member.Place)
            Rest(member);
        else if (member.RestsAt != member.PlaceStep)
            _ahead.Add(new Standing(member));
    }

    /// <summary>A member that has arrived rests here.</summary>
    public void Rest(AshaMember member) => _resting.Add(new Standing(member));

    /// <summary>A member goes on without having passed.</summary>
    public void LetThrough(AshaMember member)
    {
        _resting.Remove(new Standing(member));
        _ahead.Add(new Standing(member));
    }

    /// <summary>A member passes, or has ended.</summary>
    public void Remove(AshaMember member)
    {
        var standing = new Standing(member);
        _resting.Remove(standing);
        _ahead.Remove(standing);
        _promoted.Remove(member);
    }

    /// <summary>The best of the resting, where it is among the best 1/η of all that arrived.</summary>
    public AshaMember? Promotable(int factor) =>
        _resting.Count > 0 && _resting.Min is var best && _table.IsAmongBest(best.Entry, factor) ? best.Member : null;

    /// <summary>The worst of the resting that have a value and are not among the best 1/η of all that arrived, where there are so
    /// many; else none.</summary>
    public AshaMember? WorstOf(int least, int factor)
    {
        var held = _resting.Reverse().Where(each => double.IsFinite(each.Entry.Value))
            .TakeWhile(each => !_table.IsAmongBest(each.Entry, factor)).Take(least).ToList();
        return held.Count == least ? held[0].Member : null;
    }

    /// <summary>Those that it has promoted once, and those that went beyond it before it selected and rank well enough to
    /// have passed it.</summary>
    public IReadOnlyList<AshaMember> Passing(int factor) => _promoted.Count + _ahead.Count == 0 ? [] :
    [
        .. _promoted,
        .. _ahead.TakeWhile(ahead => _table.IsAmongBest(ahead.Entry, factor)).Select(ahead => ahead.Member),
    ];

    /// <summary>A member in the order of what it was measured at its place.</summary>
    private readonly record struct Standing(RungEntry Entry, AshaMember Member) : IComparable<Standing>
    {
        public Standing(AshaMember member) : this(member.Entry, member)
        {
        }

        public int CompareTo(Standing other) => Entry.CompareTo(other.Entry);
    }
}
