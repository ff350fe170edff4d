using Experiments.Storage;
using Experiments.Trials;

namespace GpuActors.Coordination;

/// <summary>A ledger whose decisions have consequences only when they are on disk, in the order in which they were made.</summary>
internal sealed class DurableLedger
{
    private readonly string _sweep;
    private readonly StoreWriter _store;
    private readonly TimeProvider _time;
    private readonly Action<RecordedEvent> _decided;
    private readonly Action<Decision> _durable;
    private long _lastNumber;
    private int _pending;

    /// <param name="loaded">The ledger, with what was recorded of the sweep.</param>
    /// <param name="sweep">Name of the sweep.</param>
    /// <param name="store">Where decisions are recorded.</param>
    /// <param name="time">The clock of events.</param>
    /// <param name="decided">Is told of each event at once.</param>
    /// <param name="durable">Is told, on the store's thread, when a decision is on disk.</param>
    public DurableLedger(
        LoadedSweep loaded, string sweep, StoreWriter store, TimeProvider time, Action<RecordedEvent> decided, Action<Decision> durable)
    {
        (Ledger, _lastNumber, LastDurable) = (loaded.Ledger, loaded.LastNumber, loaded.LastNumber);
        (_sweep, _store, _time, _decided, _durable) = (sweep, store, time, decided, durable);
    }

    /// <summary>The ledger, which is ahead of the disk.</summary>
    public SweepLedger Ledger { get; }

    /// <summary>Number of the newest event on disk.</summary>
    public long LastDurable { get; private set; }

    /// <summary>Whether every decision is on disk and carried out.</summary>
    public bool IsSettled => _pending == 0;

    /// <summary>Records a decision; <paramref name="then"/> is run after its effects.</summary>
    public void Record(LedgerStep step, Action? then = null)
    {
        if (step.Events.Count == 0 && step.Effects.Count == 0 && then is null)
            return;

        var now = _time.GetUtcNow();
        var events = new RecordedEvent[step.Events.Count];
        for (var i = 0; i < events.Length; i++)
        {
            events[i] = new RecordedEvent(_sweep, ++_lastNumber, now, step.Events[i]);
            _decided(events[i]);
        }

        _pending++;
        // A decision without events waits too: it may acknowledge again what is not on disk yet.
        _store.Append(events, more => _durable(new Decision(this, events, step.Effects, then, more)));
    }

    /// <summary>A decision was carried out.</summary>
    public void Settle(Decision decision)
    {
        _pending--;
        LastDurable = decision.Events.Count > 0 ? decision.Events[^1].Number : LastDurable;
    }
}

/// <summary>A decision that is on disk: what was recorded, and what is to be done.</summary>
/// <param name="Owner">Who decided; decisions of a ledger that was replaced have no consequences.</param>
/// <param name="Events">What was recorded.</param>
/// <param name="Effects">What is to be done now.</param>
/// <param name="Then">What is to be done last; or null.</param>
/// <param name="More">Whether the next decision came to disk with this one, and so follows at once.</param>
internal sealed record Decision(
    DurableLedger Owner, IReadOnlyList<RecordedEvent> Events, IReadOnlyList<LedgerEffect> Effects, Action? Then, bool More);
