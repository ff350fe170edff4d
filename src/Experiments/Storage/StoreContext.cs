using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Experiments.Samplers;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Storage;

/// <summary>How events and rows look in the store, generated at build time. Fields are only ever added, and added ones have
/// defaults; a new kind of event raises the store's version.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(StoredEvent[]))]
[JsonSerializable(typeof(SweepRow))]
[JsonSerializable(typeof(SweepSpec))]
[JsonSerializable(typeof(StoredTrial))]
[JsonSerializable(typeof(MetricRow[]))]
[JsonSerializable(typeof(SweepSummary[]))]
[JsonSerializable(typeof(SweepSnapshot))]
// What the hand-written converters of Experiments ask for.
[JsonSerializable(typeof(Dictionary<string, ParameterValue>))]
[JsonSerializable(typeof(ImmutableArray<ParameterValue>))]
[JsonSerializable(typeof(ImmutableArray<TaskBlock>))]
[JsonSerializable(typeof(ImmutableArray<MethodEntry>))]
[JsonSerializable(typeof(ImmutableArray<Parameter>))]
[JsonSerializable(typeof(ImmutableArray<Condition>))]
[JsonSerializable(typeof(ImmutableArray<Constraint>))]
[JsonSerializable(typeof(ImmutableArray<Configuration>))]
[JsonSerializable(typeof(ImmutableArray<Objective>))]
[JsonSerializable(typeof(ImmutableArray<Claim>))]
[JsonSerializable(typeof(ImmutableArray<ImportedHistory>))]
[JsonSerializable(typeof(ImmutableArray<Observation>))]
[JsonSerializable(typeof(ImmutableArray<Measurement>))]
[JsonSerializable(typeof(ImmutableArray<double>))]
[JsonSerializable(typeof(ImmutableArray<OutcomeConstraint>))]
[JsonSerializable(typeof(ImmutableArray<EnvironmentVariable>))]
[JsonSerializable(typeof(ImmutableArray<TrialId>))]
[JsonSerializable(typeof(ImmutableArray<TrialSegment>))]
[JsonSerializable(typeof(ImmutableArray<string>))]
[JsonSerializable(typeof(ImmutableArray<int>))]
internal sealed partial class StoreContext : JsonSerializerContext;

/// <summary>An event in its batch, which says the sweep and the first number.</summary>
internal sealed record StoredEvent(DateTimeOffset Time, SweepEvent Event);

/// <summary>A trial's row with what bringing it up to date takes.</summary>
/// <param name="Row">The row.</param>
/// <param name="Since">When its open attempt was leased.</param>
/// <param name="Seen">When the last report of that attempt was recorded; null before the first.</param>
internal sealed record StoredTrial(TrialRow Row, DateTimeOffset? Since, DateTimeOffset? Seen = null);
