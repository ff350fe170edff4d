namespace Experiments.Schedulers;

/// <summary>What a trial was measured at its rungs: one value for each, and the first one stays.</summary>
/// <param name="rungs">The steps of the rungs, in ascending order.</param>
/// <param name="counts">What counts of a trial's reports.</param>
internal sealed class RungRecord(int[] rungs, RungValue counts = RungValue.Last)
{
    private readonly double[] _values = new double[rungs.Length];
    private readonly Queue<(int Step, double Value)> _recent = new();
    private double _best = double.PositiveInfinity;
    private double _newest = double.PositiveInfinity;

    /// <summary>The steps of the rungs, in ascending order.</summary>
    public int[] Rungs => rungs;

    /// <summary>How many rungs have a value: the lowest ones.</summary>
    public int Count { get; private set; }

    /// <summary>What counts since the last measurement, at whatever step.</summary>
    public double Last => !double.IsFinite(_newest) ? double.PositiveInfinity : counts switch
    {
        RungValue.Best => _best,
        RungValue.Mean => _recent.Average(report => report.Value),
        _ => _newest,
    };

    /// <summary>The value at a rung below <see cref="Count"/>.</summary>
    public double this[int rung] => _values[rung];

    /// <summary>Takes in a measurement: it counts for every rung that it is the first to reach. What is not finite is the
    /// worst.</summary>
    public void Take(int step, double value)
    {
        _newest = value;
        if (double.IsFinite(value))
        {
            _best = Math.Min(_best, value);
            if (counts == RungValue.Mean)
                _recent.Enqueue((step, value));
            while (_recent.TryPeek(out var oldest) && 3L * oldest.Step <= 2L * step)
                _recent.Dequeue();
        }

        while (Count < rungs.Length && rungs[Count] <= step)
            _values[Count++] = Last;
    }

    /// <summary>The trial came to nothing on its way to the next rung, which it is counted at with the worst value.</summary>
    public void Fail()
    {
        if (Count < rungs.Length)
            Take(rungs[Count], double.PositiveInfinity);
    }
}

/// <summary>What counts of a trial's reports at a rung.</summary>
internal enum RungValue
{
    /// <summary>The one there.</summary>
    Last,

    /// <summary>The best by then.</summary>
    Best,

    /// <summary>The mean of the finite ones in the last third of the steps by then.</summary>
    Mean,
}
