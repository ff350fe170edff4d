using Experiments.Trials;

namespace Experiments.Schedulers;

/// <summary>
/// One bracket: rounds of successive halving with a barrier at each. A round is over when each of its trials rests or has ended;
/// then the best 1/η go on, at least one, of those that have a value.
/// </summary>
/// <param name="rungs">Where its rounds end, below the full resource.</param>
/// <param name="size">How many trials its first round takes in.</param>
/// <param name="factor">η.</param>
internal sealed class HyperBandBracket(int[] rungs, int size, int factor)
{
    private readonly Dictionary<TrialId, int> _roundOf = [];
    private readonly HashSet<TrialId> _resting = [];
    private readonly SortedSet<RungEntry> _promotable = [];
    private RungTable _arrived = new();
    private int _expected;
    private int _round;
    private bool _isClosed;

    /// <summary>Whether its first round takes in more trials.</summary>
    public bool IsOpen => !_isClosed && _round == 0 && _roundOf.Count < size;

    /// <summary>How many trials its next round has room for: ⌊n / η^(i + 1)⌋, at least one, however many came to a value.</summary>
    private int Room
    {
        get
        {
            var room = _roundOf.Count;
            for (var round = 0; round <= _round; round++)
                room /= factor;
            return Math.Max(1, room);
        }
    }

    /// <summary>Whether it takes in and promotes no trial any more.</summary>
    public bool IsOver => !IsOpen && _round == rungs.Length && _promotable.Count == 0 && _arrived.Count == _expected;

    /// <summary>The steps where its rounds end, but for the last.</summary>
    public int[] Rungs => rungs;

    /// <summary>Where a trial of the bracket rests next.</summary>
    public int? RestsAt(TrialId trial)
    {
        var round = _roundOf[trial] + (_resting.Contains(trial) ? 1 : 0);
        return round < rungs.Length ? rungs[round] : null;
    }

    public void Started(TrialId trial)
    {
        _roundOf.Add(trial, 0);
        _expected++;
    }

    /// <summary>A trial has come to the end of its round.</summary>
    public void Rested(TrialId trial, double value)
    {
        _resting.Add(trial);
        Arrive(trial, value);
    }

    /// <summary>A trial has ended; where its round still waited for it, it waits no longer.</summary>
    public void Ended(TrialId trial, bool isRejected)
    {
        var wasResting = _resting.Remove(trial);
        var wasToGoOn = _promotable.RemoveWhere(entry => entry.Trial == trial) > 0;
        if (isRejected && _round == 0 && !wasResting)
        {
            _roundOf.Remove(trial);
            _expected--;
        }
        else if (wasToGoOn || (!wasResting && _roundOf[trial] == _round))
        {
            Arrive(trial, double.PositiveInfinity);
        }
    }

    /// <summary>The next trial to go on with.</summary>
    /// <param name="last">Whether no trials will come that a first round still has room for.</param>
    public TrialId? Promotion(bool last) =>
        _promotable.Count > 0 ? _promotable.Min.Trial
        : last && IsOpen && _arrived.Count == _expected ? Best().Select(entry => (TrialId?)entry.Trial).FirstOrDefault()
        : null;

    /// <summary>A trial goes on. If its round was not over, it has been closed for want of trials.</summary>
    public void Promoted(TrialId trial)
    {
        if (IsOpen)
        {
            _isClosed = true;
            Settle();
        }

        _promotable.RemoveWhere(entry => entry.Trial == trial);
        _resting.Remove(trial);
        _roundOf[trial]++;
    }

    private void Arrive(TrialId trial, double value)
    {
        _arrived.Insert(new RungEntry(value, trial));
        Settle();
    }

    private void Settle()
    {
        if (IsOpen || _round == rungs.Length || _arrived.Count < _expected)
            return;

        _promotable.UnionWith(Best());
        _expected = _promotable.Count;
        _arrived = new RungTable();
        _round++;
    }

    private IEnumerable<RungEntry> Best() => _arrived.BestFirst
        .Where(entry => double.IsFinite(entry.Value) && _resting.Contains(entry.Trial))
        .Take(Room);
}
