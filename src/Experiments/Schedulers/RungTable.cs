using Experiments.Trials;

namespace Experiments.Schedulers;

/// <summary>A trial's value at a rung; of equal values the lower number is the better.</summary>
internal readonly record struct RungEntry(double Value, TrialId Trial) : IComparable<RungEntry>
{
    public int CompareTo(RungEntry other) => (Value, Trial).CompareTo((other.Value, other.Trial));
}

/// <summary>Every trial that ever arrived at a rung, best first.</summary>
internal sealed class RungTable
{
    private readonly List<RungEntry> _entries = [];

    public int Count => _entries.Count;

    /// <summary>Takes in a trial and says how many are better.</summary>
    public int Insert(RungEntry entry)
    {
        var rank = ~_entries.BinarySearch(entry);
        _entries.Insert(rank, entry);
        return rank;
    }

    /// <summary>How many are better than a trial that has arrived.</summary>
    public int RankOf(RungEntry entry) => _entries.BinarySearch(entry);

    /// <summary>Whether a trial that has arrived is of the best 1/η, rounded down, with a value at all.</summary>
    public bool IsAmongBest(RungEntry entry, int factor) => double.IsFinite(entry.Value) && RankOf(entry) < Count / factor;

    /// <summary>The best first.</summary>
    public IEnumerable<RungEntry> BestFirst => _entries;
}
