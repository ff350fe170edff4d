namespace GpuActors.Commands;

/// <summary>What the end of a program means, in words.</summary>
internal static class ExitWords
{
    private const int LongestLine = 300;

    private static readonly Dictionary<int, string> _signals = new()
    {
        [4] = "SIGILL", [6] = "SIGABRT", [7] = "SIGBUS", [8] = "SIGFPE", [9] = "SIGKILL", [11] = "SIGSEGV", [15] = "SIGTERM",
    };

    /// <summary>First a line that says it and ends with the last word of the program, then its last lines.</summary>
    /// <param name="exitCode">Its exit code, 128 + the signal's number where a signal ended it.</param>
    /// <param name="program">Its name.</param>
    /// <param name="lastWords">The last lines of standard error.</param>
    public static string Of(int exitCode, string program, IReadOnlyList<string> lastWords)
    {
        var end = exitCode switch
        {
            126 => $"'{program}' cannot be run (exit code 126)",
            127 => $"'{program}', or what it runs, is not there (exit code 127)",
            128 + 9 => "It was killed (SIGKILL), as the system does when memory is short",
            > 128 when _signals.TryGetValue(exitCode - 128, out var signal) => $"It was ended by {signal} (exit code {exitCode})",
            _ => $"It ended with exit code {exitCode}",
        };
        return lastWords.Count == 0
            ? $"{end}."
            : $"{end}: {Cut(lastWords[^1])}\n{string.Join('\n', lastWords.Select(Cut))}";
    }

    private static string Cut(string line) => line.Length <= LongestLine ? line : line[..LongestLine] + "…";
}
