using System.Threading.Channels;
using Experiments.Asking;
using Experiments.Storage;
using Experiments.Trials;

namespace GpuActors.Coordination;

/// <summary>A sweep as its recorded events leave it.</summary>
/// <param name="Ledger">The ledger after all events, not started.</param>
/// <param name="Limits">Times that running attempts have used up.</param>
/// <param name="Desk">Where trials of an external sweep are asked for.</param>
/// <param name="LastNumber">Number of the newest event, 0 for none.</param>
/// <param name="Earlier">What a sweep without events should know of earlier ones; null for nothing.</param>
internal sealed record LoadedSweep(
    SweepLedger Ledger, TimeLimits Limits, TrialDesk Desk, long LastNumber, SweepEvent.HistoryImported? Earlier = null)
{
    /// <summary>Replays a sweep, telling those who watch of each event.</summary>
    public static LoadedSweep From(
        IExperimentStore store,
        string sweep,
        SweepLedger ledger,
        ChannelWriter<SweepNotice> notices,
        Func<IExperimentStore, SweepEvent.HistoryImported?> findEarlier)
    {
        var limits = new TimeLimits();
        var desk = new TrialDesk(ledger, (attempt, step) => step is { } only
            ? TrialFolders.Checkpoint(sweep, attempt, only)
            : TrialFolders.SharedCheckpoints(sweep, attempt.Trial));
        long last = 0;
        foreach (var recorded in store.Read(sweep))
        {
            ledger.Replay(recorded.Event);
            limits.Apply(recorded);
            desk.Apply(recorded);
            notices.TryWrite(new SweepNotice.Recorded(recorded, Live: false));
            last = recorded.Number;
        }

        return new LoadedSweep(ledger, limits, desk, last, last == 0 ? findEarlier(store) : null);
    }
}
