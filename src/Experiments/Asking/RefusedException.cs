namespace Experiments.Asking;

/// <summary>What was asked or told cannot be taken: one sentence; nothing was recorded.</summary>
public sealed class RefusedException(RefusalKind kind, string message) : Exception(message)
{
    /// <summary>Whose mistake it is.</summary>
    public RefusalKind Kind { get; } = kind;
}

/// <summary>Why something is refused.</summary>
public enum RefusalKind
{
    /// <summary>It cannot be understood, or has a value that cannot be.</summary>
    BadInput,

    /// <summary>It names something that is not there.</summary>
    Unknown,

    /// <summary>It does not go with what is there.</summary>
    Conflict,
}
