using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Experiments.Sweeps;

namespace Experiments.Reports;

/// <summary>Methods that a sweep file can name.</summary>
public sealed record MethodsDocument(ImmutableArray<MethodDescription> Methods)
{
    /// <summary>Name and version of the JSON form; within a version fields are only added.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema { get; } = "orchestrator/methods/1";
}

/// <summary>Tasks that a sweep file can name.</summary>
public sealed record TasksDocument(ImmutableArray<TaskDescription> Tasks)
{
    /// <summary>Name and version of the JSON form; within a version fields are only added.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema { get; } = "orchestrator/tasks/1";
}
