using System.Runtime.CompilerServices;
using Xunit;

namespace Experiments.Tests.SweepFiles;

/// <summary>
/// The sweep files of the repository, but those of methods the double does not have: they are held against what can
/// really be trained where that is known.
/// </summary>
internal static class ConfigFiles
{
    public static string Folder { get; } = Path.GetFullPath(Path.Combine(SourceFolder(), "..", "..", "..", "config"));

    public static TheoryData<string> All =>
        new(Directory.EnumerateFiles(Folder, "*.yaml").Concat(Directory.EnumerateFiles(Path.Combine(Folder, "sweeps"), "*.yaml"))
            .Where(path => Path.GetFileName(path) is not
                ("smoke-all.yaml" or "all-methods-text.yaml" or "all-methods-vision.yaml" or "compositions.yaml" or "hybrids.yaml"))
            .Select(path => Path.GetRelativePath(Folder, path))
            .Order(StringComparer.Ordinal));

    public static string PathOf(string file) => Path.Combine(Folder, file);

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
