using System.Collections.Immutable;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Orchestrator.Reading;

/// <summary>Reads sweeps from a store.</summary>
/// <param name="store">The store; disposed with the reader.</param>
/// <param name="isLive">Whether a coordinator works on it: else nothing runs, whatever was recorded last.</param>
internal sealed class StoreReader(IExperimentStore store, bool isLive) : ISweepReader
{
    private const string Running = "running";
    private const string Stopped = "stopped";

    /// <summary>Opens the store of a folder that no process writes. A folder without a store has no sweeps.</summary>
    /// <exception cref="StoreInUseException">When another process holds it.</exception>
    /// <exception cref="StoreException">When it is newer than the program, or broken.</exception>
    public static ISweepReader Open(string folder) =>
        LiteDbStore.ExistsIn(folder) ? new StoreReader(LiteDbStore.OpenForReading(folder), isLive: false) : new NoSweeps();

    /// <summary>All sweeps, newest last.</summary>
    public IReadOnlyList<SweepSummary> List() => [.. store.Sweeps().Select(AsItIs)];

    /// <summary>One sweep.</summary>
    public SweepSnapshot Read(string sweep)
    {
        var summary = List().Single(summary => summary.Name == sweep);
        var trials = store.Trials(sweep);
        var spec = store.SpecOf(sweep);
        return new SweepSnapshot(summary, spec, trials, WaitingFor(summary, spec, trials));
    }

    public Task<IReadOnlyList<SweepSummary>> List(CancellationToken cancel) => Task.FromResult(List());

    public Task<SweepSnapshot> Read(string sweep, CancellationToken cancel) => Task.FromResult(Read(sweep));

    public void Dispose() => store.Dispose();

    private static ImmutableDictionary<TrialId, string> WaitingFor(
        SweepSummary summary, SweepSpec spec, IReadOnlyList<TrialRow> trials)
    {
        var completed = trials.Where(trial => trial.State == TrialState.Completed).Select(trial => trial.Trial).ToHashSet();
        var otherwise = summary switch
        {
            { State: Running } => spec.IsExternal ? new WaitReason.NotAskedFor().ToString() : new WaitReason.NoFreeDevice().ToString(),
            { PauseReason: { } why, IsAtLimit: true } => new WaitReason.Limit(why).ToString(),
            { PauseReason: { } why } => new WaitReason.Paused(why).ToString(),
            _ => $"the sweep is {summary.State}",
        };
        return trials.Where(trial => trial.State == TrialState.Waiting).ToImmutableDictionary(
            trial => trial.Trial,
            trial => trial.IsHeld ? new WaitReason.Unpromoted().ToString()
                : trial.Needs.Where(need => !completed.Contains(need)).ToArray() is { Length: > 0 } open
                ? new WaitReason.Needs([.. open]).ToString()
                : otherwise);
    }

    /// <summary>A sweep whose trials are asked for goes on without a coordinator.</summary>
    private SweepSummary AsItIs(SweepSummary summary) =>
        !isLive && summary.State == Running && !store.SpecOf(summary.Name).IsExternal ? summary with { State = Stopped } : summary;

    /// <summary>What a folder holds in which nothing was ever run.</summary>
    private sealed class NoSweeps : ISweepReader
    {
        public Task<IReadOnlyList<SweepSummary>> List(CancellationToken cancel) => Task.FromResult<IReadOnlyList<SweepSummary>>([]);

        public Task<SweepSnapshot> Read(string sweep, CancellationToken cancel) =>
            throw new StoreException($"There is no sweep '{sweep}': nothing was ever run here.");

        public void Dispose()
        {
        }
    }
}
