using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Experiments.Sweeps;
using Experiments.Trials;

namespace GpuActors.Protocol;

/// <summary>How messages look on the wire, generated at build time. Fields are only ever added, and added ones have defaults.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(WorkerProtocol.Hello))]
[JsonSerializable(typeof(WorkerProtocol.Beat))]
[JsonSerializable(typeof(WorkerProtocol.Reported))]
[JsonSerializable(typeof(WorkerProtocol.Goodbye))]
[JsonSerializable(typeof(WorkerProtocol.Welcome))]
[JsonSerializable(typeof(WorkerProtocol.Refuse))]
[JsonSerializable(typeof(WorkerProtocol.Heard))]
[JsonSerializable(typeof(WorkerProtocol.WhoAreYou))]
[JsonSerializable(typeof(WorkerProtocol.Assign))]
[JsonSerializable(typeof(WorkerProtocol.Acknowledge))]
[JsonSerializable(typeof(WorkerProtocol.Resend))]
[JsonSerializable(typeof(WorkerProtocol.Fence))]
[JsonSerializable(typeof(WorkerProtocol.Stop))]
[JsonSerializable(typeof(AgentProtocol.WorkerDied))]
[JsonSerializable(typeof(AgentProtocol.Noted))]
[JsonSerializable(typeof(SweepProtocol.Pause))]
[JsonSerializable(typeof(SweepProtocol.Resume))]
[JsonSerializable(typeof(SweepProtocol.Cancel))]
[JsonSerializable(typeof(SweepProtocol.WhenQuiet))]
[JsonSerializable(typeof(SweepProtocol.Done))]
[JsonSerializable(typeof(SweepProtocol.Ask))]
[JsonSerializable(typeof(SweepProtocol.Tell))]
[JsonSerializable(typeof(SweepProtocol.Asked))]
[JsonSerializable(typeof(SweepProtocol.Told))]
[JsonSerializable(typeof(SweepProtocol.Refused))]
[JsonSerializable(typeof(SweepProtocol.GetStatus))]
[JsonSerializable(typeof(SweepProtocol.Status))]
// What the hand-written converters of Experiments ask for.
[JsonSerializable(typeof(Dictionary<string, ParameterValue>))]
[JsonSerializable(typeof(ImmutableArray<ParameterValue>))]
[JsonSerializable(typeof(ImmutableArray<MethodEntry>))]
[JsonSerializable(typeof(ImmutableArray<Parameter>))]
[JsonSerializable(typeof(ImmutableArray<Condition>))]
[JsonSerializable(typeof(ImmutableArray<Constraint>))]
[JsonSerializable(typeof(ImmutableArray<Configuration>))]
[JsonSerializable(typeof(ImmutableArray<Objective>))]
[JsonSerializable(typeof(ImmutableArray<OutcomeConstraint>))]
[JsonSerializable(typeof(ImmutableArray<EnvironmentVariable>))]
[JsonSerializable(typeof(ImmutableArray<Report>))]
[JsonSerializable(typeof(ImmutableArray<string>))]
[JsonSerializable(typeof(ImmutableArray<int>))]
internal sealed partial class WireContext : JsonSerializerContext;
