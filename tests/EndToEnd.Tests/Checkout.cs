[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

namespace EndToEnd.Tests;

/// <summary>The checkout that these tests were built from.</summary>
internal static class Checkout
{
    public static string Root { get; } = FindRoot();

    public static string PathOf(string relative) => Path.Combine(Root, relative);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Orchestrator.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException($"No Orchestrator.sln above {AppContext.BaseDirectory}.");
    }
}
