using System.Collections.Immutable;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;

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

/// <summary>A sweep as it stands at one moment.</summary>
/// <param name="Summary">Its line in the list.</param>
/// <param name="Spec">Its specification, extensions included.</param>
/// <param name="Trials">Its trials in order of number.</param>
/// <param name="WaitingFor">Why trials wait, as far as it is known.</param>
internal sealed record SweepSnapshot(
    SweepSummary Summary, SweepSpec Spec, IReadOnlyList<TrialRow> Trials, ImmutableDictionary<TrialId, string> WaitingFor);
