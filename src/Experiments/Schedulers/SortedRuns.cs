using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Experiments.Schedulers;

/// <summary>
/// A set in ascending order, with ranks: in runs of bounded length, so that what is added, removed or found by its rank takes a time
/// that hardly grows with the number of items. What comes in order is added at the end, at no cost.
/// </summary>
[SuppressMessage("Naming", "CA1710", Justification = "Named for how it is kept.")]
internal sealed class SortedRuns<T>
    where T : IComparable<T>
{
    private const int Longest = 1_024;

    private readonly List<List<T>> _runs = []; // none is empty
    private readonly List<int> _lengths = [];
    private readonly Stack<List<T>> _spare = []; // empty runs, so that a set which is filled again and again makes no garbage

    public int Count { get; private set; }

    /// <summary>The lowest item, of at least one.</summary>
    public T First => _runs[0][0];

    /// <summary>The highest item, of at least one.</summary>
    public T Last => _runs[^1][^1];

    /// <summary>All of them, in order.</summary>
    public IEnumerable<T> Items => _runs.SelectMany(run => run);

    /// <summary>The item that so many are below; found from the nearer end.</summary>
    public T this[int rank]
    {
        get
        {
            var index = 0;
            if (rank < Count / 2)
            {
                for (; rank >= _lengths[index]; index++)
                    rank -= _lengths[index];
                return _runs[index][rank];
            }

            index = _runs.Count - 1;
            for (rank -= Count; rank < -_lengths[index]; index--)
                rank += _lengths[index];
            return _runs[index][_lengths[index] + rank];
        }
    }

    /// <summary>Adds an item; says whether it was not there.</summary>
    public bool Add(T item)
    {
        if (_runs.Count == 0 || (_lengths[^1] == Longest && Last.CompareTo(item) < 0))
        {
            _runs.Add(NewRun());
            _lengths.Add(0);
        }

        var index = RunOf(item);
        var run = _runs[index];
        var place = PlaceIn(run, item);
        if (place >= 0)
            return false;

        run.Insert(~place, item);
        _lengths[index]++;
        Count++;
        if (run.Count > Longest)
            Split(index);
        return true;
    }

    /// <summary>Removes an item; says whether it was there.</summary>
    public bool Remove(T item)
    {
        if (Count == 0)
            return false;
        var index = RunOf(item);
        var place = _runs[index].BinarySearch(item);
        if (place < 0)
            return false;

        RemoveAt(index, place);
        return true;
    }

    /// <summary>Removes the lowest item, of at least one.</summary>
    public void RemoveFirst() => RemoveAt(0, 0);

    /// <summary>How many are below an item that is there.</summary>
    public int RankOf(T item)
    {
        var index = RunOf(item);
        var rank = _runs[index].BinarySearch(item);
        foreach (var length in CollectionsMarshal.AsSpan(_lengths)[..index])
            rank += length;
        return rank;
    }

    public void Clear()
    {
        foreach (var run in _runs)
            Spare(run);
        _runs.Clear();
        _lengths.Clear();
        Count = 0;
    }

    /// <summary>The last run that begins with what is no higher, or the first.</summary>
    private int RunOf(T item)
    {
        var (low, high) = (0, _runs.Count - 1);
        if (_lengths[high] == 0 || _runs[high][0].CompareTo(item) <= 0)
            return high;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_runs[middle][0].CompareTo(item) <= 0)
                low = middle;
            else
                high = middle - 1;
        }

        return low;
    }

    private static int PlaceIn(List<T> run, T item) =>
        run.Count == 0 || run[^1].CompareTo(item) < 0 ? ~run.Count : run.BinarySearch(item);

    private void RemoveAt(int index, int place)
    {
        Count--;
        _runs[index].RemoveAt(place);
        if (--_lengths[index] > 0)
            return;
        Spare(_runs[index]);
        _runs.RemoveAt(index);
        _lengths.RemoveAt(index);
    }

    private void Split(int index)
    {
        var (run, upper) = (_runs[index], NewRun());
        var half = run.Count / 2;
        upper.AddRange(CollectionsMarshal.AsSpan(run)[half..]);
        run.RemoveRange(half, run.Count - half);
        _runs.Insert(index + 1, upper);
        _lengths[index] = half;
        _lengths.Insert(index + 1, upper.Count);
    }

    /// <summary>The first run grows with what it holds; whoever needs another needs all of it.</summary>
    private List<T> NewRun() => _spare.TryPop(out var run) ? run : new List<T>(_runs.Count == 0 ? 0 : Longest + 1);

    private void Spare(List<T> run)
    {
        run.Clear();
        _spare.Push(run);
    }
}
