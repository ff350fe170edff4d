using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Reports;

/// <summary>Why a trial is there, and how far it was let.</summary>
public sealed record OriginDocument
{
    /// <summary>Form of this document.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema { get; } = "orchestrator/suggest-why/1";

    /// <summary>Name of the sweep.</summary>
    public required string Sweep { get; init; }

    /// <summary>The trial.</summary>
    public required TrialId Trial { get; init; }

    /// <summary>Name of its method entry.</summary>
    public required string Method { get; init; }

    /// <summary>Index of its configuration in the entry.</summary>
    public required int Configuration { get; init; }

    /// <summary>The seed it trains with.</summary>
    public required int Seed { get; init; }

    /// <summary>Its values.</summary>
    public required ImmutableSortedDictionary<string, ParameterValue> Values { get; init; }

    /// <summary>What drew it.</summary>
    public required string Sampler { get; init; }

    /// <summary>What decided how far it goes.</summary>
    public required string Scheduler { get; init; }

    /// <summary>The metric.</summary>
    public required string Metric { get; init; }

    /// <summary>Configurations that had a value when it was drawn.</summary>
    public required int Known { get; init; }

    /// <summary>Those that had none yet.</summary>
    public required int Open { get; init; }

    /// <summary>Those that had failed.</summary>
    public required int Failed { get; init; }

    /// <summary>The best of those with a value.</summary>
    public int? Best { get; init; }

    /// <summary>Its value.</summary>
    public double? BestValue { get; init; }

    /// <summary>Where the trial was measured.</summary>
    public required ImmutableArray<RungMeasurement> Measurements { get; init; }

    /// <summary>The parts of its training, where it took others' over; else null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<TrialSegment>? Segments { get; init; }

    /// <summary>The values that led to what it has trained in the end, whoever trained it, where they changed; else null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<ScheduledValues>? Schedule { get; init; }

    /// <summary>What its sampler knew besides of earlier sweeps.</summary>
    public required ImmutableArray<TakenOver> Earlier { get; init; }

    /// <summary>Whether the sweep file starts with the configuration, or a part of it.</summary>
    public required bool IsGiven { get; init; }

    /// <summary>Whether the sampler draws the same again.</summary>
    public required bool ComesOutAgain { get; init; }

    /// <summary>The document of what was found out.</summary>
    public static OriginDocument Of(string sweep, SweepSpec spec, TrialOrigin origin) => new()
    {
        Sweep = sweep,
        Trial = origin.Trial,
        Method = origin.Work.Entry,
        Configuration = origin.Work.Index,
        Seed = origin.Work.Replicate,
        Values = origin.Work.Configuration.Values.ToImmutableSortedDictionary(StringComparer.Ordinal),
        Sampler = origin.Sampler,
        Scheduler = origin.Scheduler,
        Metric = spec.Tasks[origin.Work.Block].Metric,
        Known = origin.Known,
        Open = origin.Open,
        Failed = origin.Failed,
        Best = origin.Best,
        BestValue = origin.BestValue,
        Measurements = [.. origin.Measurements],
        Segments = origin.Segments.Count == 0 ? null : [.. origin.Segments],
        Schedule = origin.Schedule.Count == 0 ? null : [.. origin.Schedule],
        Earlier = [.. origin.Earlier.Select(TakenOver.Of)],
        IsGiven = origin.IsGiven,
        ComesOutAgain = origin.ComesOutAgain,
    };
}

/// <summary>Why a trial is there, for people.</summary>
public static class OriginTables
{
    /// <summary>What drew it from what, above a row for each measurement.</summary>
    public static IEnumerable<ReportTable> Of(OriginDocument origin) =>
    [
        Drawn(origin),
        .. origin.Segments is { } segments ? new[] { Lineage(segments), Replay(origin.Schedule!.Value) } : [],
    ];

    private static ReportTable Drawn(OriginDocument origin) =>
        new ReportTable
        {
            Lead =
            [
                $"{origin.Trial} trains {origin.Method} c{origin.Configuration} with seed {origin.Seed}: "
                    + string.Join(" · ", origin.Values.Select(pair => $"{pair.Key} {pair.Value}")),
                (origin.IsGiven ? "The sweep file starts with it ('start_with'); " : $"{origin.Sampler} drew the configuration ")
                    + $"when {origin.Known} of {origin.Method} had a value, {origin.Open} had none yet "
                    + $"and {origin.Failed} had failed{Best(origin)}.",
                .. origin.Earlier.Select(earlier => $"Its sampler knew from the start: {earlier.Said}"),
                $"Drawn again from the same, it comes out {(origin.ComesOutAgain ? "the same" : "otherwise")}.",
            ],
            Columns =
            [
                new("step", Alignment.Right), new(origin.Metric, Alignment.Right), new("place", Alignment.Right), new(origin.Scheduler),
            ],
            Rows =
            [
                .. origin.Measurements.Select(each => ImmutableArray.Create<Cell>(
                    each.Step.ToString(CultureInfo.InvariantCulture), Digits.Short(each.Value),
                    string.Create(CultureInfo.InvariantCulture, $"{each.Rank} of {each.Of}"), each.IsPromoted ? "promoted" : "")),
            ],
        };

    /// <summary>Where the trial gave up what it had trained, and for what.</summary>
    private static ReportTable Lineage(ImmutableArray<TrialSegment> segments)
    {
        var values = SharedValues.Of(segments.Select(segment => segment.Configuration));
        return new ReportTable
        {
            Columns = [new("at step", Alignment.Right), new("goes on from"), new("with", Overflow: Overflow.Wrap)],
            Rows =
            [
                .. segments.Select(segment => ImmutableArray.Create<Cell>(
                    segment.FromStep.ToString(CultureInfo.InvariantCulture),
                    segment.Donor is { } donor ? string.Create(CultureInfo.InvariantCulture, $"{donor} at step {segment.DonorStep}") : "",
                    values.Others(segment.Configuration))),
            ],
            Notes = values.Notes,
        };
    }

    /// <summary>The schedule that was found: what led to the final state, whichever trial trained it.</summary>
    private static ReportTable Replay(ImmutableArray<ScheduledValues> schedule)
    {
        var values = SharedValues.Of(schedule.Select(part => part.Configuration));
        return new ReportTable
        {
            Columns = [new("from step", Alignment.Right), new("trained as"), new("with", Overflow: Overflow.Wrap)],
            Rows =
            [
                .. schedule.Select(part => ImmutableArray.Create<Cell>(
                    part.FromStep.ToString(CultureInfo.InvariantCulture), part.Trial.ToString(), values.Others(part.Configuration))),
            ],
            Notes = [.. values.Notes, "The whole schedule that led to what was trained in the end."],
        };
    }

    private static string Best(OriginDocument origin) =>
        origin.Best is { } best ? $"; the best was c{best} with {origin.Metric} {Digits.Short(origin.BestValue!.Value)}" : "";
}
