namespace Orchestrator.Terminal;

/// <summary>What surrounds the program: streams and what is behind them, environment, folder, time. Tests bring their own.</summary>
internal sealed record Surroundings
{
    /// <summary>Columns where nothing tells a width.</summary>
    public const int DefaultWidth = 100;

    private const int Utf8 = 65001;
    private const int Utf16 = 1200;

    /// <summary>Standard output: answers only.</summary>
    public required TextWriter Output { get; init; }

    /// <summary>Standard error: progress, hints, warnings, errors.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Whether a person reads <see cref="Output"/> on a terminal.</summary>
    public bool OutputIsTerminal { get; init; }

    /// <summary>Whether a person reads <see cref="Error"/> on a terminal.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Whether a person can answer questions.</summary>
    public bool InputIsTerminal { get; init; }

    /// <summary>Columns of the terminal.</summary>
    public int Width { get; init; } = DefaultWidth;

    /// <summary>Environment variables.</summary>
    public Func<string, string?> Environment { get; init; } = _ => null;

    /// <summary>The folder that relative paths start from.</summary>
    public required string Folder { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Those of this process.</summary>
    public static Surroundings OfProcess()
    {
        var dumb = System.Environment.GetEnvironmentVariable("TERM") == "dumb";
        return new Surroundings
        {
            Output = Console.Out,
            Error = Console.Error,
            OutputIsTerminal = !Console.IsOutputRedirected && !dumb,
            ErrorIsTerminal = !Console.IsErrorRedirected && !dumb,
            InputIsTerminal = !Console.IsInputRedirected,
            Width = TerminalWidth(),
            Environment = System.Environment.GetEnvironmentVariable,
            Folder = Directory.GetCurrentDirectory(),
        };
    }

    /// <summary>Whether letters beyond ASCII arrive as they are.</summary>
    public bool SpeaksUnicode => Output.Encoding.CodePage is Utf8 or Utf16;

    private static int TerminalWidth()
    {
        try
        {
            return Console.WindowWidth is > 0 and var width ? width : DefaultWidth;
        }
        catch (IOException)
        {
            return DefaultWidth; // no window behind the stream
        }
    }
}
