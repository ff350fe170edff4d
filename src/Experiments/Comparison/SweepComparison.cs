using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Experiments.Comparison;

/// <summary>The methods of a sweep compared: what terminal, page, report and JSON all draw.</summary>
public sealed record SweepComparison
{
    /// <summary>Name and version of the JSON form; within a version fields are only added.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema { get; } = "orchestrator/compare/1";

    /// <summary>Name of the sweep.</summary>
    public required string Sweep { get; init; }

    /// <summary>Confidence of every interval.</summary>
    public required double Confidence { get; init; }

    /// <summary>One comparison a task block, in file order.</summary>
    public required ImmutableArray<BlockComparison> Blocks { get; init; }

    /// <summary>What became of what the sweep claims.</summary>
    public ImmutableArray<ClaimTest> Claims { get; init; } = [];
}

/// <summary>The methods of one task block.</summary>
public sealed record BlockComparison
{
    /// <summary>Index of the block in the sweep.</summary>
    public required int Block { get; init; }

    /// <summary>The task.</summary>
    public required string Task { get; init; }

    /// <summary>The task's size.</summary>
    public required string Size { get; init; }

    /// <summary>The base model.</summary>
    public required string Base { get; init; }

    /// <summary>The metric, without split.</summary>
    public required string Metric { get; init; }

    /// <summary>Whether more of it is better.</summary>
    public required bool Maximize { get; init; }

    /// <summary>Whether rows are compared on a test split. Programs may report none: then on the values that configurations
    /// were chosen by.</summary>
    public bool HasTestSplit { get; init; } = true;

    /// <summary>The entry that others are compared with; null where the block lacks it.</summary>
    public string? Reference { get; init; }

    /// <summary>Number of p-values that Holm's correction is over.</summary>
    public int Comparisons { get; init; }

    /// <summary>What the Pareto front is over. Memory and time are left out where entries ran on unlike devices.</summary>
    public ImmutableArray<string> ParetoAxes { get; init; } = [];

    /// <summary>What every method had equally much of; null where all that they had is compared.</summary>
    public EqualBudget? Budget { get; init; }

    /// <summary>Bounds on what trials come to, as a sweep file has them.</summary>
    public ImmutableArray<string> OutcomeConstraints { get; init; } = [];

    /// <summary>The configurations in all objectives; null where the block states only its metric.</summary>
    public TradeOff? TradeOff { get; init; }

    /// <summary>The entries, best mean on the test split first, behind them those that break an outcome constraint, last those
    /// without a result.</summary>
    public required ImmutableArray<MethodRow> Rows { get; init; }
}
