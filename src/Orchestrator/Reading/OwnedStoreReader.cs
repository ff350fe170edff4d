using Experiments.Storage;
using GpuActors.Coordination;

namespace Orchestrator.Reading;

/// <summary>Reads sweeps from the store that this process writes, after what was recorded before.</summary>
internal sealed class OwnedStoreReader(StoreWriter store) : ISweepReader
{
    public Task<IReadOnlyList<SweepSummary>> List(CancellationToken cancel) =>
        store.ReadAsync(owned => new StoreReader(owned, isLive: true).List()).WaitAsync(cancel);

    public Task<SweepSnapshot> Read(string sweep, CancellationToken cancel) =>
        store.ReadAsync(owned => new StoreReader(owned, isLive: true).Read(sweep)).WaitAsync(cancel);

    public void Dispose()
    {
        // The store is its writer's.
    }
}
