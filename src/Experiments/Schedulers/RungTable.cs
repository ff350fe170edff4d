using System.Runtime.InteropServices;
using Experiments.Trials;

namespace Experiments.Schedulers;

/// <summary>A trial's value at a rung; of equal values the lower number is the better.</summary>
internal readonly record struct RungEntry(double Value, TrialId Trial) : IComparable<RungEntry>
{
    public int CompareTo(RungEntry other) => Value.CompareTo(other.Value) is var order and not 0 ? order : Trial.CompareTo(other.Trial);
}

/// <summary>
/// Every trial that ever arrived at a rung, best first: in runs of bounded length, so that a trial is taken in and its rank found
/// in a time that hardly grows with their number.
/// </summary>
internal sealed class RungTable
{
    private const int Longest = 1_024;

    private readonly List<List<RungEntry>> _runs = []; // none is empty
    private readonly List<int> _lengths = [];
    private (int Count, int Factor) _cutOf;
    private RungEntry _cut; // the worst of the best 1/η when there were as many as that

    public int Count { get; private set; }

    /// <summary>Takes in a trial and says how many are better.</summary>
    public int Insert(RungEntry entry)
    {
        if (Count++ == 0)
        {
            _runs.Add([entry]);
            _lengths.Add(1);
            return 0;
        }

        var index = RunOf(entry);
        var run = _runs[index];
        var place = ~run.BinarySearch(entry);
        run.Insert(place, entry);
        _lengths[index]++;
        var rank = Before(index) + place;
        if (run.Count > Longest)
            Split(index);
        return rank;
    }

    /// <summary>How many are better than one that has arrived.</summary>
    public int RankOf(RungEntry entry)
    {
        var index = RunOf(entry);
        return Before(index) + _runs[index].BinarySearch(entry);
    }

    /// <summary>Whether a trial that has arrived is of the best 1/η, rounded down, with a value at all.</summary>
    public bool IsAmongBest(RungEntry entry, int factor)
    {
        if (Count < factor || !double.IsFinite(entry.Value))
            return false;
        if (_cutOf != (Count, factor))
            (_cutOf, _cut) = ((Count, factor), At(Count / factor - 1));
        return entry.CompareTo(_cut) <= 0;
    }

    /// <summary>The best first.</summary>
    public IEnumerable<RungEntry> BestFirst => _runs.SelectMany(run => run);

    /// <summary>The last run that begins with what is no worse, or the first.</summary>
    private int RunOf(RungEntry entry)
    {
        var (low, high) = (0, _runs.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_runs[middle][0].CompareTo(entry) <= 0)
                low = middle;
            else
                high = middle - 1;
        }

        return low;
    }

    private RungEntry At(int rank)
    {
        var index = 0;
        for (; rank >= _lengths[index]; index++)
            rank -= _lengths[index];
        return _runs[index][rank];
    }

    private int Before(int index)
    {
        var sum = 0;
        foreach (var length in CollectionsMarshal.AsSpan(_lengths)[..index])
            sum += length;
        return sum;
    }

    private void Split(int index)
    {
        var run = _runs[index];
        var half = run.Count / 2;
        _runs.Insert(index + 1, run[half..]);
        run.RemoveRange(half, run.Count - half);
        _lengths[index] = half;
        _lengths.Insert(index + 1, _runs[index + 1].Count);
    }
}
