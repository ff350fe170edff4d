using System.Collections.Immutable;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Orchestrator.Reading;

/// <summary>Reads sweeps from a store that nobody else owns at the moment.</summary>
internal sealed class StoreReader(IExperimentStore store) : ISweepReader
{
    public Task<IReadOnlyList<SweepSummary>> List(CancellationToken cancel) => Task.FromResult(store.Sweeps());

    public Task<SweepSnapshot> Read(string sweep, CancellationToken cancel)
    {
        var summary = store.Sweeps().Single(summary => summary.Name == sweep);
        return Task.FromResult(new SweepSnapshot(summary, Spec(sweep), store.Trials(sweep), ImmutableDictionary<TrialId, string>.Empty));
    }

    public void Dispose() => store.Dispose();

    /// <summary>The specification that the sweep was last given.</summary>
    private SweepSpec Spec(string sweep) => store.Read(sweep)
        .Select(recorded => recorded.Event switch
        {
            SweepEvent.SweepStarted started => started.Spec,
            SweepEvent.SpecExtended extended => extended.Spec,
            _ => null,
        })
        .LastOrDefault(spec => spec is not null)
        ?? throw new StoreException($"The sweep '{sweep}' has no specification: the store is damaged.");
}
