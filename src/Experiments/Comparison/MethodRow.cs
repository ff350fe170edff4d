using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Comparison;

/// <summary>A method entry in the comparison of its block.</summary>
public sealed record MethodRow
{
    /// <summary>Name of the entry.</summary>
    public required string Entry { get; init; }

    /// <summary>Registered name of its method.</summary>
    public required string Method { get; init; }

    /// <summary>Whether the others are compared with it.</summary>
    public bool Reference { get; init; }

    /// <summary>The configuration that stands for the entry; null while none has a result.</summary>
    public ChosenConfiguration? Chosen { get; init; }

    /// <summary>Its metric on the test split over its seeds.</summary>
    public Estimate? Test { get; init; }

    /// <summary>It against the reference; null for the reference and where no seed is shared.</summary>
    public PairedDifference? AgainstReference { get; init; }

    /// <summary>Parameters that it trains.</summary>
    public long? TrainableParameters { get; init; }

    /// <summary>Parameters of base and adapter together.</summary>
    public long? TotalParameters { get; init; }

    /// <summary>What its seeds cost, apart by kind of device.</summary>
    public ImmutableArray<DeviceCost> Costs { get; init; } = [];

    /// <summary>Whether no other entry is at least as good in every axis of the block and better in one.</summary>
    public bool OnParetoFront { get; init; }

    /// <summary>Configurations of which at least one trial was started.</summary>
    public int ConfigurationsTried { get; init; }

    /// <summary>Time of all its trials together: what tuning it has cost.</summary>
    [JsonPropertyName("tuning_seconds")]
    public TimeSpan TuningTime { get; init; }

    /// <summary>Number of its trials by state.</summary>
    public ImmutableSortedDictionary<TrialState, int> Trials { get; init; } = ImmutableSortedDictionary<TrialState, int>.Empty;

    /// <summary>Number of its failed trials by cause.</summary>
    public ImmutableSortedDictionary<FailureCause, int> Failures { get; init; } = ImmutableSortedDictionary<FailureCause, int>.Empty;
}

/// <summary>The configuration of an entry with the best mean on the validation split.</summary>
/// <param name="Index">Index within its entry; shown as <c>c4</c>.</param>
/// <param name="Values">Its values.</param>
/// <param name="Validation">Its metric on the validation split, which it was chosen by.</param>
/// <param name="Seeds">Its finished trials in order of seed.</param>
public sealed record ChosenConfiguration(int Index, Configuration Values, Estimate Validation, ImmutableArray<SeedScore> Seeds)
{
    /// <summary>By how much it breaks outcome constraints: sum of shares of the bounds, mean over seeds. 0 where no seed breaks
    /// any, null where a value is not known.</summary>
    public double? Violation { get; init; } = 0;

    /// <summary>The outcome constraints that it breaks; it is chosen only where no configuration of the entry keeps all.</summary>
    public ImmutableArray<ConstraintViolation> Violations { get; init; } = [];
}

/// <summary>An outcome constraint that a configuration breaks.</summary>
/// <param name="Constraint">The constraint as a sweep file has it.</param>
/// <param name="Worst">The worst value of any seed; null where it is not known.</param>
public sealed record ConstraintViolation(string Constraint, double? Worst);

/// <summary>One trial of the chosen configuration.</summary>
/// <param name="Seed">The replicate.</param>
/// <param name="Trial">The trial.</param>
/// <param name="Validation">Its metric on the validation split.</param>
/// <param name="Test">Its metric on the test split; null where it was not reported or is not finite.</param>
public sealed record SeedScore(int Seed, TrialId Trial, double Validation, double? Test);

/// <summary>Cost of a trial on one kind of device; kinds are never averaged together.</summary>
/// <param name="Device"><c>cpu</c>, <c>cuda</c>, …</param>
/// <param name="Trials">Trials that ran there.</param>
/// <param name="MeanElapsed">Mean time of a trial, all attempts.</param>
/// <param name="PeakMemoryBytes">Highest memory of any of them.</param>
public sealed record DeviceCost(
    string Device,
    int Trials,
    [property: JsonPropertyName("mean_elapsed_seconds")] TimeSpan MeanElapsed,
    long PeakMemoryBytes);
