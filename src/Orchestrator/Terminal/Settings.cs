namespace Orchestrator.Terminal;

/// <summary>What holds for one invocation, after options, environment and configuration file have had their say.</summary>
internal sealed record Settings
{
    /// <summary>Folder of store, checkpoints, caches and logs, absolute.</summary>
    public required string Data { get; init; }

    /// <summary>Whether the answer is one JSON document.</summary>
    public bool Json { get; init; }

    /// <summary>How much is said besides the answer.</summary>
    public Verbosity Verbosity { get; init; } = Verbosity.Normal;

    /// <summary>When colour is used.</summary>
    public ColorMode Color { get; init; } = ColorMode.Auto;

    /// <summary>Whether questions are answered with yes.</summary>
    public bool Yes { get; init; }

    /// <summary>Address of a Seq server; null for none.</summary>
    public Uri? Seq { get; init; }
}

/// <summary>How much is said besides the answer.</summary>
internal enum Verbosity
{
    /// <summary>Errors only.</summary>
    Quiet,

    /// <summary>Hints and warnings too.</summary>
    Normal,

    /// <summary>Everything.</summary>
    Verbose,
}

/// <summary>When colour is used.</summary>
internal enum ColorMode
{
    /// <summary>On a terminal.</summary>
    Auto,

    /// <summary>Also into a file or pipe.</summary>
    Always,

    /// <summary>Not at all.</summary>
    Never,
}
