using Experiments.Trials;

namespace Orchestrator.Terminal;

/// <summary>A trial as the live view shows it.</summary>
internal sealed class TrialProgress(TrialId id, TrialWork work)
{
    private DateTimeOffset _leased;

    public TrialId Id { get; } = id;

    public TrialWork Work { get; private set; } = work;

    public TrialState State { get; set; } = TrialState.Waiting;

    /// <summary>Whether it begins only if it is promoted.</summary>
    public bool IsHeld { get; set; }

    public int Attempt { get; private set; }

    public string? Device { get; private set; }

    public string? Node { get; private set; }

    public int Step { get; set; }

    /// <summary>Steps of the whole trial; 0 until its worker has said.</summary>
    public int Steps { get; set; }

    /// <summary>What the worker is doing, where that is not training.</summary>
    public string Phase { get; set; } = "";

    /// <summary>Newest value by name.</summary>
    public Dictionary<string, double> Latest { get; } = [];

    public TimeSpan Elapsed { get; private set; }

    public TrialResult? Result { get; private set; }

    public FailureCause? Cause { get; set; }

    public string? Message { get; set; }

    /// <summary>What trials of equal length share: block and entry, or the preparation.</summary>
    public string Key => Work switch
    {
        TrialWork.Train train => $"{train.Block}/{train.Entry}",
        TrialWork.Prepare prepare => prepare.Preparation,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>Time spent so far, the running attempt included.</summary>
    public TimeSpan Spent(DateTimeOffset now) =>
        Elapsed + (State is TrialState.Assigned or TrialState.Running ? now - _leased : TimeSpan.Zero);

    public void Lease(SweepEvent.TrialLeased leased, DateTimeOffset time)
    {
        (State, Attempt, Device, Node, _leased) = (TrialState.Assigned, leased.Attempt.Number, leased.Device, leased.Node, time);
        Phase = "";
    }

    public void Measure(SweepEvent.MetricReported metric)
    {
        Step = Math.Max(Step, metric.Step);
        foreach (var (name, value) in metric.Values)
            Latest[name] = value;
    }

    public void GoOver(SweepEvent.TrialExploited exploited)
    {
        Step = exploited.Checkpoint.Step;
        Work = (TrialWork.Train)Work with { Configuration = exploited.Configuration };
    }

    public void End(SweepEvent.AttemptEnded ended)
    {
        State = ended.Outcome is AttemptOutcome.Rested ? TrialState.Resting : TrialState.Waiting;
        Elapsed += ended.Elapsed;
        if (ended.Outcome is AttemptOutcome.Finished finished)
            Result = finished.Result;
    }
}
