namespace Orchestrator.Asking;

/// <summary>Names of askers that gave themselves none.</summary>
internal static class AskerName
{
    /// <summary>A name that nobody else has.</summary>
    public static string New() => $"asker-{Guid.NewGuid().ToString("N")[..12]}";
}
