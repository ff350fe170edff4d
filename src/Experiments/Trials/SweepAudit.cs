using Experiments.Schedulers;
using Experiments.Sweeps;

namespace Experiments.Trials;

/// <summary>
/// Recomputes what was decided in a recorded sweep: each configuration from the history that the sampler had seen by then,
/// each promotion, exploit and pruning from what the scheduler had been told. A part whose rule has changed since disagrees.
/// </summary>
public sealed class SweepAudit
{
    private readonly List<string> _disagreements = [];
    private readonly SweepState _state;

    private SweepAudit(SweepState state) => _state = state;

    /// <summary>Number of events.</summary>
    public int Events { get; private set; }

    /// <summary>Number of training trials whose configuration was drawn again.</summary>
    public int Suggestions { get; private set; }

    /// <summary>Number of promotions, exploits and prunings that were decided again.</summary>
    public int Decisions { get; private set; }

    /// <summary>What was recorded otherwise than it comes out now, a sentence each.</summary>
    public IReadOnlyList<string> Disagreements => _disagreements;

    /// <summary>Where the events leave each trial, in order of number.</summary>
    public IEnumerable<(TrialId Trial, TrialState State)> Trials => _state.Trials.Select(trial => (trial.Id, trial.State));

    private ITrialScheduler Scheduler => _state.Scheduler;

    /// <summary>Goes through the events of a sweep.</summary>
    /// <param name="spec">Its specification.</param>
    /// <param name="catalogue">What its trials needed to be prepared.</param>
    /// <param name="events">All its events, in order.</param>
    /// <exception cref="SpecException">When its sampler or scheduler is not known.</exception>
    public static SweepAudit Of(SweepSpec spec, ICatalogue catalogue, IEnumerable<SweepEvent> events)
    {
        var audit = new SweepAudit(new SweepLedger(spec, catalogue).State);
        foreach (var recorded in events)
            audit.Take(recorded);
        return audit;
    }

    private void Take(SweepEvent recorded)
    {
        Events++;
        switch (recorded)
        {
            case SweepEvent.TrialCreated { Work: TrialWork.Train train } created:
                Suggestions++;
                if (_state.Planner.Again(created.Trial, train)?.Work is var drawn && !train.Equals(drawn))
                    Disagree($"{created.Trial} was created as {Say(train)}, and comes out as {Say(drawn)}.");
                break;
            case SweepEvent.TrialPromoted promoted:
                Decisions++;
                if (Scheduler.Exploitation(_state.CheckpointStepOf) is { } missed)
                    Disagree($"{promoted.Trial} was promoted, before which {missed.Trial} should have gone over to {missed.Donor}.");
                if (Scheduler.Promotion(_state.OnlyRests) is var next && next != promoted.Trial)
                    Disagree($"{promoted.Trial} was promoted, where {next?.ToString() ?? "none"} comes out.");
                break;
            case SweepEvent.TrialExploited exploited:
                Decisions++;
                Check(exploited);
                break;
            case SweepEvent.TrialEnded { State: TrialState.Pruned } ended:
                Decisions++;
                if (!Scheduler.IsPruned(ended.Trial) && !(_state.OnlyRests && Scheduler.Promotion(last: true) is null))
                    Disagree($"{ended.Trial} was pruned, which does not come out.");
                break;
        }

        _state.Apply(recorded);
    }

    private void Check(SweepEvent.TrialExploited exploited)
    {
        var decided = Scheduler.Exploitation(_state.CheckpointStepOf);
        if (decided != new Exploit(exploited.Trial, exploited.Donor, exploited.Configuration))
        {
            Disagree($"{exploited.Trial} went over to {exploited.Donor} with {exploited.Configuration}, where "
                + (decided is null ? "nothing comes out." : $"{decided.Trial} to {decided.Donor} with {decided.Configuration} comes out."));
        }
        else if (_state.Find(exploited.Donor)?.Checkpoint?.Folder != exploited.Checkpoint.Folder)
        {
            Disagree($"{exploited.Trial} goes on from {exploited.Checkpoint.Folder}, which was not the checkpoint of {exploited.Donor}.");
        }
    }

    private void Disagree(string sentence) => _disagreements.Add(sentence);

    private static string Say(TrialWork? work) => work switch
    {
        TrialWork.Train train => $"{train.Entry} c{train.Index} seed {train.Replicate} ({train.Configuration})",
        null => "nothing",
        _ => "a preparation",
    };
}
