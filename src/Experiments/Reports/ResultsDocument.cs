using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Reports;

/// <summary>The training trials of a sweep, one row each. Preparations are work, not results: status shows them.</summary>
public sealed record ResultsDocument
{
    /// <summary>Name and version of the JSON form; within a version fields are only added.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema { get; } = "orchestrator/results/1";

    /// <summary>Name of the sweep.</summary>
    public required string Sweep { get; init; }

    /// <summary>Whether trials may have values on a test split; false where programs are run that report none.</summary>
    public bool HasTestSplit { get; init; } = true;

    /// <summary>The trials, in order of number unless asked otherwise.</summary>
    public required ImmutableArray<ResultRow> Rows { get; init; }

    /// <summary>The rows of a sweep's trials.</summary>
    public static ResultsDocument Of(SweepSpec spec, IEnumerable<TrialRow> trials)
    {
        ImmutableArray<ResultRow> rows =
            [.. trials.Where(trial => trial.Work is TrialWork.Train).OrderBy(trial => trial.Trial).Select(trial => Row(spec, trial))];
        return new ResultsDocument
        {
            Sweep = spec.Name,
            HasTestSplit = spec.Tasks.Any(block => block.IsTraining) || rows.Any(row => row.Test is not null),
            Rows = rows,
        };
    }

    private static ResultRow Row(SweepSpec spec, TrialRow trial)
    {
        var work = (TrialWork.Train)trial.Work;
        var block = spec.Tasks[work.Block];
        var metrics = trial.Result?.Metrics ?? ImmutableSortedDictionary<string, double>.Empty;
        return new ResultRow
        {
            Trial = trial.Trial,
            Block = work.Block,
            Task = block.Task,
            Entry = work.Entry,
            Configuration = work.Index,
            Seed = work.Replicate,
            State = trial.State,
            Metric = block.Metric,
            // A value that is not finite is no result, and JSON has no word for it.
            Metrics = metrics.Where(metric => double.IsFinite(metric.Value)).ToImmutableSortedDictionary(),
            Violation = trial.Result is { } result && TrialOutcome.Violation(block, result, trial.Elapsed) is var violation
                && double.IsFinite(violation) ? violation : null,
            Feasible = block.OutcomeConstraints.Count == 0 || trial.State != TrialState.Completed || trial.Result is null ? null
                : TrialOutcome.Violation(block, trial.Result, trial.Elapsed) == 0,
            Step = trial.Step,
            Attempt = trial.Attempt,
            Elapsed = trial.Elapsed,
            TrainableParameters = trial.Result?.TrainableParameters,
            PeakMemoryBytes = trial.Result?.PeakMemoryBytes,
            Device = trial.Device,
            Node = trial.Node,
            Cause = trial.Cause,
            Message = trial.Message,
            Values = work.Configuration,
            Segments = trial.Segments.Count == 0 ? null : [.. trial.Segments],
        };
    }
}

/// <summary>A training trial as it stands.</summary>
public sealed record ResultRow
{
    /// <summary>The trial.</summary>
    public required TrialId Trial { get; init; }

    /// <summary>Index of its task block.</summary>
    public required int Block { get; init; }

    /// <summary>Its task.</summary>
    public required string Task { get; init; }

    /// <summary>Name of its method entry.</summary>
    public required string Entry { get; init; }

    /// <summary>Index of its configuration within the entry.</summary>
    public required int Configuration { get; init; }

    /// <summary>The replicate.</summary>
    public required int Seed { get; init; }

    /// <summary>Where it stands.</summary>
    public required TrialState State { get; init; }

    /// <summary>The metric of its block, without split.</summary>
    public required string Metric { get; init; }

    /// <summary>That metric on the validation split, or as a program without splits reports it, which configurations are chosen
    /// by; null before the end.</summary>
    public double? Validation => Of("validation_") ?? Of("");

    /// <summary>That metric on the test split; null before the end.</summary>
    public double? Test => Of("test_");

    /// <summary>All its finite metrics by name with split.</summary>
    public required ImmutableSortedDictionary<string, double> Metrics { get; init; }

    /// <summary>Whether it keeps every outcome constraint of its block; null where there is none, and before the end.</summary>
    public bool? Feasible { get; init; }

    /// <summary>By how much it breaks them: sum of shares of the bounds. Null where it is not known.</summary>
    public double? Violation { get; init; }

    /// <summary>The last recorded step.</summary>
    public int Step { get; init; }

    /// <summary>Number of its newest attempt, 0 before the first.</summary>
    public int Attempt { get; init; }

    /// <summary>Time in all its attempts.</summary>
    [JsonPropertyName("elapsed_seconds")]
    public TimeSpan Elapsed { get; init; }

    /// <summary>Parameters that it trained.</summary>
    public long? TrainableParameters { get; init; }

    /// <summary>Highest memory while training.</summary>
    public long? PeakMemoryBytes { get; init; }

    /// <summary>Where its newest attempt ran.</summary>
    public string? Device { get; init; }

    /// <summary>The host of that device.</summary>
    public string? Node { get; init; }

    /// <summary>Why it failed.</summary>
    public FailureCause? Cause { get; init; }

    /// <summary>The first line of why it failed.</summary>
    public string? Message { get; init; }

    /// <summary>The values of its configuration: the last ones, where they changed.</summary>
    public required Configuration Values { get; init; }

    /// <summary>How they changed, where the trial took others' training over; else null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<TrialSegment>? Segments { get; init; }

    private double? Of(string split) => Metrics.TryGetValue(split + Metric, out var value) ? value : null;
}
