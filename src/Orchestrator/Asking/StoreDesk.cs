using Experiments.Asking;
using Experiments.Samplers;
using Experiments.Schedulers;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;
using GpuActors.Coordination;

namespace Orchestrator.Asking;

/// <summary>The desk of a store that no run holds: this process holds it for one question.</summary>
/// <param name="store">The store, opened to write; disposed with the desk.</param>
/// <param name="spec">What the sweep should be; null for what it is.</param>
/// <param name="catalogue">What a sweep file can name.</param>
/// <param name="data">The data folder, absolute.</param>
/// <param name="time">The clock.</param>
internal sealed class StoreDesk(LiteDbStore store, SweepSpec? spec, ICatalogue catalogue, string data, TimeProvider time) : ITrialDesk
{
    private readonly BriefCoordinator _coordinator = new(store, catalogue, data, time);

    public async Task<AskAnswer> AskAsync(AskRequest request, CancellationToken cancel) =>
        (await _coordinator.AskAsync(Ledger(spec ?? SpecOf(request.Sweep)), request)).In(data);

    public Task<TellAnswer> TellAsync(TellRequest request, CancellationToken cancel) =>
        _coordinator.TellAsync(Ledger(SpecOf(request.Sweep)), request.In(data));

    public void Dispose() => store.Dispose();

    private SweepLedger Ledger(SweepSpec wanted) =>
        new(wanted, catalogue, SamplerCatalogue.Create(wanted.Sampler), SchedulerCatalogue.Create(wanted.Scheduler));

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
