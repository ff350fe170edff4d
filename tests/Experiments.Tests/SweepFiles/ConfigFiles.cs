using System.Runtime.CompilerServices;
using Xunit;

namespace Experiments.Tests.SweepFiles;

/// <summary>The sweep files of the repository.</summary>
internal static class ConfigFiles
{
    public static string Folder { get; } = Path.GetFullPath(Path.Combine(SourceFolder(), "..", "..", "..", "config"));

    public static TheoryData<string> All =>
        new(Directory.EnumerateFiles(Folder, "*.yaml").Concat(Directory.EnumerateFiles(Path.Combine(Folder, "sweeps"), "*.yaml"))
            .Select(path => Path.GetRelativePath(Folder, path))
            .Order(StringComparer.Ordinal));

    public static string PathOf(string file) => Path.Combine(Folder, file);

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
