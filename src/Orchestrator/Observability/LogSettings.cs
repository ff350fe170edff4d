using Orchestrator.Terminal;
using Serilog.Events;

namespace Orchestrator.Observability;

/// <summary>Where a process's log goes.</summary>
/// <param name="Folder">Folder of the CLEF files and of what waits to be sent to Seq.</param>
/// <param name="Role">Name of the process's part: <c>coordinator</c>, <c>worker-cpu-0</c>.</param>
/// <param name="Console">Least level shown on standard error; null for silence.</param>
/// <param name="Seq">Address of a Seq server; null for none.</param>
internal sealed record LogSettings(string Folder, string Role, LogEventLevel? Console, Uri? Seq)
{
    /// <summary>Environment variable that holds Seq's API key: a secret is never an argument.</summary>
    public const string ApiKeyVariable = "SEQ_API_KEY";

    /// <summary>Whether no two processes of the part are there at once, so that one after the other writes the same file.</summary>
    public bool IsAlone { get; init; }

    /// <summary>What holds for a part by the settings of its command.</summary>
    public static LogSettings Of(Settings settings, string role) => new(
        Path.Combine(settings.Data, "logs"), role,
        settings.Verbosity == Verbosity.Verbose ? LogEventLevel.Information : null, settings.Seq);
}
