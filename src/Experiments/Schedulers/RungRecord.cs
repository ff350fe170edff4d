namespace Experiments.Schedulers;

/// <summary>What a trial was measured at its rungs: one value for each, and the first one stays.</summary>
/// <param name="rungs">The steps of the rungs, in ascending order.</param>
/// <param name="takesBest">Whether the best value by then counts, instead of the one that was measured.</param>
internal sealed class RungRecord(int[] rungs, bool takesBest = false)
{
    private readonly double[] _values = new double[rungs.Length];
    private double _best = double.PositiveInfinity;

    /// <summary>The steps of the rungs, in ascending order.</summary>
    public int[] Rungs => rungs;

    /// <summary>How many rungs have a value: the lowest ones.</summary>
    public int Count { get; private set; }

    /// <summary>What the last measurement came to, at whatever step.</summary>
    public double Last { get; private set; } = double.PositiveInfinity;

    /// <summary>The value at a rung below <see cref="Count"/>.</summary>
    public double this[int rung] => _values[rung];

    /// <summary>Takes in a measurement: it counts for every rung that it is the first to reach. What is not finite is the
    /// worst.</summary>
    public void Take(int step, double value)
    {
        _best = double.IsFinite(value) ? Math.Min(_best, value) : _best;
        Last = !double.IsFinite(value) ? double.PositiveInfinity : takesBest ? _best : value;
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
