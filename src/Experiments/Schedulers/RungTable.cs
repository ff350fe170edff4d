using Experiments.Trials;

namespace Experiments.Schedulers;

/// <summary>A trial's value at a rung; of equal values the lower number is the better.</summary>
internal readonly record struct RungEntry(double Value, TrialId Trial) : IComparable<RungEntry>
{
    public int CompareTo(RungEntry other) => Value.CompareTo(other.Value) is var order and not 0 ? order : Trial.CompareTo(other.Trial);
}

/// <summary>Every trial that ever arrived at a rung, best first.</summary>
internal sealed class RungTable
{
    private readonly SortedRuns<RungEntry> _arrived = new();
    private (int Count, int Factor) _cutOf;
    private RungEntry _cut; // the worst of the best 1/η when there were as many as that

    public int Count => _arrived.Count;

    /// <summary>The best first.</summary>
    public IEnumerable<RungEntry> BestFirst => _arrived.Items;

    /// <summary>Takes in a trial.</summary>
    public void Insert(RungEntry entry) => _arrived.Add(entry);

    public void Clear()
    {
        _arrived.Clear();
        _cutOf = default;
    }

    /// <summary>How many are better than one that has arrived.</summary>
    public int RankOf(RungEntry entry) => _arrived.RankOf(entry);

    /// <summary>Whether a trial that has arrived is of the best 1/η, rounded down, with a value at all.</summary>
    public bool IsAmongBest(RungEntry entry, int factor)
    {
        if (Count < factor || !double.IsFinite(entry.Value))
            return false;
        if (_cutOf != (Count, factor))
            (_cutOf, _cut) = ((Count, factor), _arrived[Count / factor - 1]);
        return entry.CompareTo(_cut) <= 0;
    }
}
