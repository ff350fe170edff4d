using System.Collections;

namespace Experiments.Trials;

/// <summary>
/// The trials that could start now, in order of number. Found by bisection; adding and removing move the shorter side, so
/// that the usual ends (a new trial, the first trial) cost nothing that grows.
/// </summary>
internal sealed class ReadyTrials : IReadOnlyList<TrialId>
{
    private TrialId[] _items = new TrialId[16];
    private int _start;

    public int Count { get; private set; }

    public TrialId this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return _items[_start + index];
        }
    }

    public void Add(TrialId trial)
    {
        var index = ~Find(trial);
        if (index < 0)
            return;

        var atFront = index < Count / 2;
        if (atFront ? _start == 0 : _start + Count == _items.Length)
            Recentre();
        if (atFront)
        {
            Array.Copy(_items, _start, _items, _start - 1, index);
            _start--;
        }
        else
        {
            Array.Copy(_items, _start + index, _items, _start + index + 1, Count - index);
        }

        _items[_start + index] = trial;
        Count++;
    }

    public void Remove(TrialId trial)
    {
        var index = Find(trial);
        if (index < 0)
            return;

        if (index < Count / 2)
        {
            Array.Copy(_items, _start, _items, _start + 1, index);
            _start++;
        }
        else
        {
            Array.Copy(_items, _start + index + 1, _items, _start + index, Count - index - 1);
        }

        Count--;
    }

    public IEnumerator<TrialId> GetEnumerator() => _items.Skip(_start).Take(Count).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int Find(TrialId trial)
    {
        var index = Array.BinarySearch(_items, _start, Count, trial);
        return index < 0 ? ~(~index - _start) : index - _start;
    }

    /// <summary>Leaves as much room before as behind, in a larger array where this one is more than half full.</summary>
    private void Recentre()
    {
        var larger = new TrialId[Count > _items.Length / 2 ? _items.Length * 2 : _items.Length];
        var start = (larger.Length - Count) / 2;
        Array.Copy(_items, _start, larger, start, Count);
        (_items, _start) = (larger, start);
    }
}
