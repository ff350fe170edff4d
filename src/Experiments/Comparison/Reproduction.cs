using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Experiments.Comparison;

/// <summary>What became of the claims of several sweeps.</summary>
public sealed record Reproduction
{
    /// <summary>Name and version of the JSON form; within a version fields are only added.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema { get; } = "orchestrator/reproduce/1";

    /// <summary>Their comparisons, each with its claims, in the order in which they were run.</summary>
    public required ImmutableArray<SweepComparison> Sweeps { get; init; }
}
