namespace Experiments.Simulation;

/// <summary>
/// Time that passes only from one thing that is due to the next. What is due at the same time comes in the order of devices, and
/// of one device in the order in which it was planned, so that a simulation repeats itself.
/// </summary>
internal sealed class VirtualTime
{
    private readonly PriorityQueue<Action, (TimeSpan At, int Device, long Order)> _due = new();
    private readonly Queue<Action> _now = [];
    private long _order;

    /// <summary>Since the beginning.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>When the next thing is due; null where nothing is.</summary>
    public TimeSpan? Next => _now.Count > 0 ? Now : _due.TryPeek(out _, out var when) ? when.At : null;

    /// <summary>Lets time pass up to a point before which nothing is due.</summary>
    public void Pass(TimeSpan until) => Now = until;

    /// <summary>Plans something. Without delay it comes before everything else, after what was planned so before.</summary>
    public void After(TimeSpan delay, int device, Action action)
    {
        if (delay == TimeSpan.Zero)
            _now.Enqueue(action);
        else
            _due.Enqueue(action, (Now + delay, device, _order++));
    }

    /// <summary>Lets the next thing happen, with all that follows from it without delay.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Advance()
    {
        if (_now.Count == 0)
        {
            if (!_due.TryDequeue(out var action, out var when))
                return false;
            Now = when.At;
            action();
        }

        while (_now.TryDequeue(out var next))
            next();
        return true;
    }
}
