namespace Adapters.Verification;

/// <summary>How a case ended.</summary>
public enum CaseOutcome
{
    /// <summary>Every expected tensor agrees.</summary>
    Passed,

    /// <summary>A tensor does not agree, or the case cannot be read or computed.</summary>
    Failed,

    /// <summary>The product does not have what the case asks for.</summary>
    Unsupported,
}

/// <summary>What became of one case.</summary>
public sealed record CaseResult
{
    /// <summary>The case's folder, relative to the folder that was verified.</summary>
    public required string Case { get; init; }

    /// <summary>How it ended.</summary>
    public required CaseOutcome Outcome { get; init; }

    /// <summary>Why it failed or is unsupported, in one sentence; null where it passed.</summary>
    public string? Reason { get; init; }

    /// <summary>The output furthest off; null where none was compared.</summary>
    public Deviation? WorstOutput { get; init; }

    /// <summary>The gradient furthest off; null where none was compared.</summary>
    public Deviation? WorstGradient { get; init; }
}

/// <summary>How far a tensor is off: its largest error as a multiple of the tolerance, so at most 1 agrees.</summary>
/// <param name="Tensor">The tensor's name.</param>
/// <param name="Share">Largest of |ours - expected| / (abs + rel·|expected|); infinite where NaN or the shape differs.</param>
public sealed record Deviation(string Tensor, double Share);
