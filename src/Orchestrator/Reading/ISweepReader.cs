using Experiments.Storage;

namespace Orchestrator.Reading;

/// <summary>Reads sweeps, from the store or from the coordinator that owns it; the answers are the same.</summary>
internal interface ISweepReader : IDisposable
{
    /// <summary>All sweeps, newest last.</summary>
    Task<IReadOnlyList<SweepSummary>> List(CancellationToken cancel);

    /// <summary>One sweep as it stands at one moment.</summary>
    /// <param name="sweep">The whole name of a sweep that <see cref="List"/> has shown.</param>
    /// <param name="cancel">Gives up.</param>
    Task<SweepSnapshot> Read(string sweep, CancellationToken cancel);
}
