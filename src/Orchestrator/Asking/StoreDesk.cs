using System.Threading.Channels;
using Experiments.Asking;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;
using GpuActors.Coordination;
using Orchestrator.Observability;
using Orchestrator.Terminal;

namespace Orchestrator.Asking;

/// <summary>The desk of a store that no run holds: this process holds it for one question, and then writes the log of what it
/// recorded, as a run does.</summary>
/// <param name="store">The store, opened to write; disposed with the desk.</param>
/// <param name="spec">What the sweep should be; null for what it is.</param>
/// <param name="catalogue">What a sweep file can name.</param>
/// <param name="settings">The data folder, and where the log goes.</param>
/// <param name="time">The clock.</param>
internal sealed class StoreDesk(LiteDbStore store, SweepSpec? spec, ICatalogue catalogue, Settings settings, TimeProvider time)
    : ITrialDesk
{
    private readonly Channel<SweepNotice> _notices = Channel.CreateUnbounded<SweepNotice>();

    private BriefCoordinator Coordinator => new(store, catalogue, settings.Data, time, _notices.Writer);

    public async Task<AskAnswer> AskAsync(AskRequest request, CancellationToken cancel) =>
        (await Coordinator.AskAsync(new SweepLedger(spec ?? SpecOf(request.Sweep), catalogue), request)).In(settings.Data);

    public Task<TellAnswer> TellAsync(TellRequest request, CancellationToken cancel) =>
        Coordinator.TellAsync(new SweepLedger(SpecOf(request.Sweep), catalogue), request.In(settings.Data));

    public void Dispose()
    {
        WriteLog(); // before the store is let go: whoever asks next writes on in the same file
        store.Dispose();
    }

    private void WriteLog()
    {
        using var log = Logging.Create(LogSettings.Of(settings, "desk") with { IsAlone = true });
        var events = new EventLog(log);
        while (_notices.Reader.TryRead(out var notice))
        {
            if (notice is SweepNotice.Recorded recorded)
                events.Write(recorded.Event, silent: !recorded.Live);
        }
    }

    private SweepSpec SpecOf(string sweep)
    {
        var names = store.Sweeps().Select(summary => summary.Name).ToList();
        if (!names.Contains(sweep))
            throw TrialDesks.NoSweep(sweep, names);
        var recorded = store.SpecOf(sweep);
        return recorded.Name == sweep ? recorded : throw new RefusedException(
            RefusalKind.Conflict, $"'{sweep}' is what was put aside when '{recorded.Name}' began anew; it does not go on.");
    }
}
