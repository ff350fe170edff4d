namespace Experiments.Samplers.ParzenEstimators;

/// <summary>
/// The trials of a history by age and by merit: those with a finite value before others, then those that keep all limits, then
/// those that came further (what was stopped early was stopped for a reason), then the better value. They are put in order of
/// their index first, so that nothing depends on the order in which they are told.
/// </summary>
internal sealed class TrialRanking
{
    private int[] _byAge = []; // all that count, oldest first, as places in the history
    private int[] _ages = [];
    private int[] _byValue = []; // the valued ones, best first
    private double[] _values = [];
    private (bool IsWorthless, double Violation, double Missing, double Value, int Age)[] _merits = [];
    private int _count;

    /// <summary>Trials that count, oldest first, as places in the history: finished, or running.</summary>
    public ReadOnlySpan<int> ByAge => _byAge.AsSpan(0, _count);

    /// <summary>Finished trials, best first, the older one first among equals.</summary>
    public ReadOnlySpan<int> ByValue => _byValue.AsSpan(0, Finished);

    /// <summary>How many have finished.</summary>
    public int Finished { get; private set; }

    /// <summary>How many have finished with a finite value.</summary>
    public int Finite { get; private set; }

    /// <summary>Takes the part of a history that lies before an index.</summary>
    /// <param name="history">The history.</param>
    /// <param name="index">The index.</param>
    /// <param name="countFailed">Whether failed trials count, as trials without a value.</param>
    public void Read(IReadOnlyList<Observation> history, int index, bool countFailed)
    {
        Reserve(history.Count);
        (_count, Finished, Finite) = (0, 0, 0);
        var inOrder = true;
        for (var place = 0; place < history.Count; place++)
        {
            var observation = history[place];
            if (observation.Index >= index || (observation.Failed && !countFailed))
                continue;
            inOrder &= _count == 0 || _ages[_count - 1] < observation.Index;
            (_ages[_count], _byAge[_count]) = (observation.Index, place);
            _count++;
        }

        if (!inOrder)
            Array.Sort(_ages, _byAge, 0, _count);
        var isPlain = true;
        for (var age = 0; age < _count; age++)
        {
            var observation = history[_byAge[age]];
            if (observation.Value is not { } value)
                continue;
            isPlain &= observation is { Violation: 0, Progress: 1 };
            var finite = double.IsFinite(value);
            Finite += finite ? 1 : 0;
            (_values[Finished], _byValue[Finished]) = (finite ? value : double.PositiveInfinity, age);
            Finished++;
        }

        if (isPlain)
            SortByValue();
        else
            SortByMerit(history);
    }

    private void SortByMerit(IReadOnlyList<Observation> history)
    {
        for (var rank = 0; rank < Finished; rank++)
        {
            var observation = history[_byAge[_byValue[rank]]];
            var isWorthless = !double.IsFinite(_values[rank]);
            _merits[rank] = (isWorthless, observation.Violation, 1 - observation.Progress, _values[rank], _byValue[rank]);
        }

        Array.Sort(_merits, _byValue, 0, Finished);
        for (var rank = 0; rank < Finished; rank++)
            _byValue[rank] = _byAge[_byValue[rank]];
    }

    private void SortByValue()
    {
        Array.Sort(_values, _byValue, 0, Finished);
        for (var (start, end) = (0, 0); start < Finished; start = end)
        {
            while (end < Finished && _values[end] == _values[start])
                end++;
            if (end > start + 1)
                Array.Sort(_byValue, start, end - start);
        }

        for (var rank = 0; rank < Finished; rank++)
            _byValue[rank] = _byAge[_byValue[rank]];
    }

    private void Reserve(int count)
    {
        if (_byAge.Length >= count)
            return;
        _byAge = new int[2 * count];
        _ages = new int[2 * count];
        _byValue = new int[2 * count];
        _values = new double[2 * count];
        _merits = new (bool, double, double, double, int)[2 * count];
    }
}
