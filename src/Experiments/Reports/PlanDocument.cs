using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Experiments.Comparison;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Reports;

/// <summary>What a sweep would do and take, before it starts.</summary>
public sealed record PlanDocument
{
    /// <summary>Name and version of the JSON form; within a version fields are only added.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema { get; } = "orchestrator/plan/1";

    /// <summary>Name of the sweep.</summary>
    public required string Sweep { get; init; }

    /// <summary>Configurations of all entries.</summary>
    public required long Configurations { get; init; }

    /// <summary>Replicates of each configuration.</summary>
    public required int Seeds { get; init; }

    /// <summary>Training trials: configurations times seeds.</summary>
    public required long Trials { get; init; }

    /// <summary>Optimizer steps of all trials; an expectation where steps are searched.</summary>
    public required double Steps { get; init; }

    /// <summary>What is prepared first, once, unless it is cached.</summary>
    public required ImmutableArray<string> Preparations { get; init; }

    /// <summary>The entries in file order.</summary>
    public required ImmutableArray<PlannedCost> Entries { get; init; }

    /// <summary>Time of one device for all trials, preparations aside; null where an entry's is not known.</summary>
    [JsonPropertyName("device_seconds")]
    public TimeSpan? DeviceTime => Entries.Aggregate((TimeSpan?)TimeSpan.Zero, (sum, entry) => sum + entry.DeviceTime);

    /// <summary>What the samplers know of earlier sweeps.</summary>
    public ImmutableArray<TakenOver> Earlier { get; init; } = [];

    /// <summary>Where the sweep stops early.</summary>
    public required PlannedLimits Limits { get; init; }

    /// <summary>The seeds from which a method can be told apart from the reference; null where there is nothing to compare.</summary>
    public int? SeedsNeeded { get; init; }

    /// <summary>What is allowed but probably not meant.</summary>
    public required ImmutableArray<string> Warnings { get; init; }

    /// <summary>How it goes in virtual time; absent where that was not asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SimulationDocument? Simulation { get; init; }

    /// <summary>Plans a sweep.</summary>
    /// <param name="spec">The sweep.</param>
    /// <param name="catalogue">Says what steps default to and what must be prepared.</param>
    /// <param name="history">Sweeps of the past with their trials, to estimate times by.</param>
    /// <exception cref="SpecException">When the sweep would not end.</exception>
    public static PlanDocument Of(
        SweepSpec spec, ICatalogue catalogue, IEnumerable<(SweepSpec Spec, IReadOnlyList<TrialRow> Trials)> history)
    {
        var plan = SweepPlan.Of(spec, catalogue);
        var known = history.SelectMany(sweep => sweep.Trials.Select(trial => Measurement.Of(sweep.Spec, trial)))
            .OfType<Measurement>()
            .ToLookup(measurement => measurement.Kind);
        ImmutableArray<PlannedCost> entries = [.. plan.Entries.Select(entry => Cost(spec, entry, catalogue, known))];
        return new PlanDocument
        {
            Sweep = spec.Name,
            Configurations = plan.Configurations,
            Seeds = plan.Replicates,
            Trials = plan.Trials,
            Steps = entries.Sum(entry => entry.Trials * (entry.LeastSteps + entry.MostSteps) / 2),
            Preparations =
            [
                .. spec.Tasks.SelectMany(block => catalogue.PreparationsOf(block))
                    .Select(preparation => preparation.Id).Distinct(),
            ],
            Entries = entries,
            Limits = PlannedLimits.Of(spec.Limits),
            SeedsNeeded = spec.Tasks
                .Where(block => block.Methods.Count > 1 && block.Methods.Any(entry => entry.Name == spec.Compare.Reference))
                .Max(block => (int?)SignFlip.LeastPairs(block.Methods.Count - 1, 1 - spec.Compare.Confidence)),
            Warnings = [.. plan.Warnings],
        };
    }

    private static PlannedCost Cost(SweepSpec spec, EntryPlan entry, ICatalogue catalogue, ILookup<Kind, Measurement> known)
    {
        var block = spec.Tasks[entry.Block];
        var listed = block.Methods.Single(method => method.Name == entry.Entry);
        var trains = catalogue.Trains(block, listed);
        var usual = catalogue.UsualSteps ?? 0;
        var told = listed.Space.Steps ?? (trains ? (usual, usual) : (0, 0));
        var (least, most) = trains ? told : (0, 0);
        Measurement[] measured = [.. known[Kind.Of(block, listed)]];
        return new PlannedCost
        {
            Block = entry.Block,
            Task = block.Task,
            Entry = entry.Entry,
            Method = entry.Method,
            Configurations = entry.Configurations,
            Space = entry.Space.ToString(),
            Given = listed.StartWith.Count,
            Trials = entry.Trials,
            LeastSteps = least,
            MostSteps = most,
            MeanSteps = Math.Max(1, (told.Least + told.Most) / 2.0), // programs' included
            DeviceTime = measured.Length == 0 ? null : entry.Trials * Expected(measured, (least + most) / 2.0, block.IsTraining),
            Basis = measured.Length,
        };
    }

    /// <summary>Time of a trial, taken to grow with its steps where these are known.</summary>
    private static TimeSpan Expected(Measurement[] measured, double steps, bool knowsSteps)
    {
        var time = measured.Average(measurement => measurement.Elapsed.TotalSeconds);
        var taken = measured.Average(measurement => measurement.Steps);
        return TimeSpan.FromSeconds(knowsSteps && taken > 0 ? time * steps / taken : time);
    }

    /// <summary>What trials of comparable duration share.</summary>
    private sealed record Kind(string Task, string Size, string Base, string Method)
    {
        public static Kind Of(TaskBlock block, MethodEntry entry) => entry.Command is { } command
            ? new(block.Task, block.Size, block.Command!.Directory, string.Join('\0', command))
            : new(block.Task, block.Size, block.Base, entry.Method);
    }

    private sealed record Measurement(Kind Kind, TimeSpan Elapsed, int Steps)
    {
        public static Measurement? Of(SweepSpec spec, TrialRow trial)
        {
            if (trial is not { Work: TrialWork.Train work, State: TrialState.Completed, Result: { } result })
                return null;
            var block = spec.Tasks[work.Block];
            var listed = block.Methods.Single(entry => entry.Name == work.Entry);
            return new Measurement(Kind.Of(block, listed), trial.Elapsed, result.Steps);
        }
    }
}

/// <summary>What one method entry would do and take.</summary>
public sealed record PlannedCost
{
    /// <summary>Index of its task block.</summary>
    public required int Block { get; init; }

    /// <summary>Its task.</summary>
    public required string Task { get; init; }

    /// <summary>Name of the entry.</summary>
    public required string Entry { get; init; }

    /// <summary>Registered name of its method.</summary>
    public required string Method { get; init; }

    /// <summary>Configurations that are tried.</summary>
    public required long Configurations { get; init; }

    /// <summary>How many configurations its space has: a number, <c>about</c> one, or <c>endless</c>.</summary>
    public required string Space { get; init; }

    /// <summary>Configurations that the sweep file starts with.</summary>
    public required int Given { get; init; }

    /// <summary>Trials, replicates included.</summary>
    public required long Trials { get; init; }

    /// <summary>Fewest optimizer steps of a trial.</summary>
    public required double LeastSteps { get; init; }

    /// <summary>Most optimizer steps of a trial.</summary>
    public required double MostSteps { get; init; }

    /// <summary>Time of one device for all its trials, from trials of the same task, size, base and method; null without any.</summary>
    [JsonPropertyName("device_seconds")]
    public TimeSpan? DeviceTime { get; init; }

    /// <summary>Number of trials that the time is estimated from.</summary>
    public required int Basis { get; init; }

    /// <summary>What a trial's time is divided by to have that of a step, at least 1.</summary>
    internal double MeanSteps { get; init; } = 1;

    /// <summary>Time of a step, or of a whole trial where that makes none; null where it is not known.</summary>
    internal TimeSpan? StepTime => Trials == 0 ? TimeSpan.Zero : DeviceTime / Trials / MeanSteps;
}

/// <summary>Where a sweep stops early; null for no limit.</summary>
/// <param name="Wall">Wall time of one run.</param>
/// <param name="Trial">Time of one trial.</param>
/// <param name="DeviceTime">Time of all attempts on all devices, over all runs.</param>
/// <param name="Cost">The same as money.</param>
/// <param name="PricePerDeviceHour">What one device costs for an hour.</param>
/// <param name="AtLimit"><c>stop</c> or <c>drain</c>: what becomes of running attempts; null where the sweep has no limit.</param>
public sealed record PlannedLimits(
    [property: JsonPropertyName("wall_seconds")] TimeSpan? Wall,
    [property: JsonPropertyName("trial_seconds")] TimeSpan? Trial,
    [property: JsonPropertyName("device_seconds")] TimeSpan? DeviceTime,
    double? Cost,
    double? PricePerDeviceHour,
    string? AtLimit)
{
    internal static PlannedLimits Of(Limits limits) => new(
        limits.Wall, limits.Trial, limits.DeviceTime, limits.Cost, limits.PricePerDeviceHour,
        (limits.Wall ?? limits.Budget) is null ? null : limits.AtLimit.ToString().ToLowerInvariant());
}
