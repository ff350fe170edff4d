using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Reports;

/// <summary>Where sweeps stand.</summary>
public sealed record StatusDocument(ImmutableArray<SweepStatus> Sweeps)
{
    /// <summary>Name and version of the JSON form; within a version fields are only added.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema { get; } = "orchestrator/status/1";
}

/// <summary>Where one sweep stands.</summary>
public sealed record SweepStatus
{
    /// <summary>Its name.</summary>
    public required string Sweep { get; init; }

    /// <summary>When it began, UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>Running, paused or why it ended, as the store has it.</summary>
    public required string State { get; init; }

    /// <summary>Why it is paused; null while it is not.</summary>
    public string? PauseReason { get; init; }

    /// <summary>Time of all attempts that are over, on all devices together.</summary>
    [JsonPropertyName("device_seconds")]
    public TimeSpan DeviceTime { get; init; }

    /// <summary>What its limits allow of that; null where they allow any.</summary>
    [JsonPropertyName("device_limit_seconds")]
    public TimeSpan? DeviceLimit { get; init; }

    /// <summary>Number of its trials by state.</summary>
    public required ImmutableSortedDictionary<TrialState, int> Trials { get; init; }

    /// <summary>What is being worked on.</summary>
    public ImmutableArray<RunningTrial> Running { get; init; } = [];

    /// <summary>What waits, by reason, most trials first.</summary>
    public ImmutableArray<WaitingReason> Waiting { get; init; } = [];

    /// <summary>What failed.</summary>
    public ImmutableArray<FailedTrial> Failures { get; init; } = [];

    /// <summary>Where a sweep stands.</summary>
    /// <param name="summary">Its line in the list of sweeps.</param>
    /// <param name="spec">Its specification.</param>
    /// <param name="trials">Its trials.</param>
    /// <param name="waitingFor">Why trials wait, as far as it is known.</param>
    public static SweepStatus Of(
        SweepSummary summary, SweepSpec spec, IReadOnlyList<TrialRow> trials, IReadOnlyDictionary<TrialId, string> waitingFor) => new()
    {
        Sweep = summary.Name,
        Started = summary.Started.ToUniversalTime(),
        State = summary.State,
        PauseReason = summary.PauseReason,
        DeviceTime = trials.Aggregate(TimeSpan.Zero, (sum, trial) => sum + trial.Elapsed),
        DeviceLimit = spec.Limits.Budget,
        Trials = summary.Trials,
        Running = [.. trials.Where(trial => trial.State is TrialState.Assigned or TrialState.Running)
            .Select(trial => new RunningTrial(trial.Trial, trial.Attempt, Task(spec, trial.Work), Name(trial.Work),
                trial.State, trial.Step, trial.Device, trial.Node))],
        Waiting = [.. trials.Where(trial => trial.State == TrialState.Waiting)
            .CountBy(trial => waitingFor.GetValueOrDefault(trial.Trial, "not known"))
            .OrderByDescending(reason => reason.Value).ThenBy(reason => reason.Key, StringComparer.Ordinal)
            .Select(reason => new WaitingReason(reason.Key, reason.Value))],
        Failures = [.. trials.Where(trial => trial.State is TrialState.Failed or TrialState.Invalid)
            .Select(trial => new FailedTrial(trial.Trial, trial.Attempt, Task(spec, trial.Work), Name(trial.Work),
                trial.Cause ?? FailureCause.Error, trial.Message))],
    };

    private static string? Task(SweepSpec spec, TrialWork work) => work is TrialWork.Train train ? spec.Tasks[train.Block].Task : null;

    private static string Name(TrialWork work) => work switch
    {
        TrialWork.Train train => train.Entry,
        TrialWork.Prepare prepare => prepare.Preparation,
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>A trial that a worker holds.</summary>
/// <param name="Trial">The trial.</param>
/// <param name="Attempt">Number of the attempt.</param>
/// <param name="Task">Its task; null for a preparation.</param>
/// <param name="Name">Its method entry, or what it prepares.</param>
/// <param name="State">Assigned or running.</param>
/// <param name="Step">The last recorded step.</param>
/// <param name="Device">Where it runs.</param>
/// <param name="Node">The host of that device.</param>
public sealed record RunningTrial(
    TrialId Trial, int Attempt, string? Task, string Name, TrialState State, int Step, string? Device, string? Node);

/// <summary>Why trials wait.</summary>
public sealed record WaitingReason(string Reason, int Trials);

/// <summary>A trial that failed.</summary>
/// <param name="Trial">The trial.</param>
/// <param name="Attempt">Number of its last attempt.</param>
/// <param name="Task">Its task; null for a preparation.</param>
/// <param name="Name">Its method entry, or what it prepares.</param>
/// <param name="Cause">The class of the failure.</param>
/// <param name="Message">Its first line.</param>
public sealed record FailedTrial(TrialId Trial, int Attempt, string? Task, string Name, FailureCause Cause, string? Message);
