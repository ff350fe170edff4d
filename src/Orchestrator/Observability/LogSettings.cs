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
}
