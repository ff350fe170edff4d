namespace Orchestrator.Commands;

/// <summary>What the program's exit code says to a script.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>A mistake of ours; the message names a file with the details.</summary>
    public const int Bug = 1;

    /// <summary>Usage, a sweep file or a configuration was refused.</summary>
    public const int Refused = 2;

    /// <summary>It ended, but trials failed or a check did not hold.</summary>
    public const int NotAllGood = 3;

    /// <summary>It is not at its end: a limit, a pause.</summary>
    public const int NotAtTheEnd = 4;

    /// <summary>There is no such thing, or more than one.</summary>
    public const int NoSuchThing = 5;

    /// <summary>The coordinator or a server cannot be reached.</summary>
    public const int Unreachable = 6;

    /// <summary>The store is in use, newer than the program, or broken; or a file cannot be read or written.</summary>
    public const int Store = 7;

    /// <summary>Nothing is left to ask for: the sweep has ended.</summary>
    public const int NothingLeft = 8;

    /// <summary>Interrupted by Ctrl-C.</summary>
    public const int Interrupted = 130;

    /// <summary>Interrupted by SIGTERM.</summary>
    public const int Terminated = 143;

    /// <summary>All of them with their meaning, for <c>help exit-codes</c>.</summary>
    public static IReadOnlyList<(int Code, string Meaning)> All { get; } =
    [
        (Ok, "done"),
        (Bug, "a mistake in the program; the message names a file with the details"),
        (Refused, "usage, a sweep file or a configuration was refused"),
        (NotAllGood, "it ended, but trials failed, or a check did not hold; tell: the trial was given to another"),
        (NotAtTheEnd, "not at the end: a limit, a pause; ask: nothing to do at the moment"),
        (NoSuchThing, "no such thing, or more than one"),
        (Unreachable, "the coordinator or a server cannot be reached"),
        (Store, "the store is in use, broken, or newer than the program, or a file cannot be read or written"),
        (NothingLeft, "ask: the sweep has ended, nothing is left to do"),
        (Interrupted, "interrupted by Ctrl-C"),
        (Terminated, "interrupted by SIGTERM"),
    ];
}
