using System.Text.Json.Serialization;

namespace Experiments.Sweeps;

/// <summary>A difference between methods that is stated before it is measured, such as a paper's: it is tested in every block
/// that lists all its entries.</summary>
public sealed record Claim
{
    /// <summary>The claim in words.</summary>
    public required string Text { get; init; }

    /// <summary>Who says so; null where nobody is named.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Source { get; init; }

    /// <summary>The entries that are to be better; of several their mean.</summary>
    public required EquatableArray<string> Better { get; init; }

    /// <summary>Those they are to be better than; of several their mean.</summary>
    public required EquatableArray<string> Than { get; init; }

    /// <summary>What is compared: a metric of the task, without split, or one of <see cref="TrialCosts"/>; null for the block's
    /// metric.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Objective? Metric { get; init; }

    /// <summary>How much worse they may be for the claim to hold, in units of the metric: above 0 it says no more than that
    /// they are about as good.</summary>
    public double Margin { get; init; }

    /// <summary>All its entries.</summary>
    [JsonIgnore]
    public IEnumerable<string> Entries => Better.Concat(Than);
}
