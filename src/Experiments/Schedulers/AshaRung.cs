namespace Experiments.Schedulers;

/// <summary>A rung that selects: who arrived, and who of them has not passed.</summary>
internal sealed class AshaRung
{
    private readonly RungTable _table = new();
    private readonly SortedDictionary<RungEntry, AshaMember> _resting = [];
    private readonly SortedDictionary<RungEntry, AshaMember> _ahead = [];
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
            _ahead.Add(member.Entry, member);
    }

    /// <summary>A member that has arrived rests here.</summary>
    public void Rest(AshaMember member) => _resting.Add(member.Entry, member);

    /// <summary>A member passes, or has ended.</summary>
    public void Remove(AshaMember member)
    {
        _resting.Remove(member.Entry);
        _ahead.Remove(member.Entry);
        _promoted.Remove(member);
    }

    /// <summary>The best of the resting, where it is among the best 1/η of all that arrived.</summary>
    public AshaMember? Promotable(int factor)
    {
        foreach (var (entry, member) in _resting)
            return _table.IsAmongBest(entry, factor) ? member : null;
        return null;
    }

    /// <summary>Those that it has promoted once, and those that went beyond it before it selected and rank well enough to
    /// have passed it.</summary>
    public List<AshaMember> Passing(int factor) =>
    [
        .. _promoted,
        .. _ahead.TakeWhile(ahead => _table.IsAmongBest(ahead.Key, factor)).Select(ahead => ahead.Value),
    ];
}
