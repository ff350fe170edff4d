using Adapters.Checkpoints;

namespace GpuActors.Commands;

/// <summary>
/// Copies of what a program keeps in its folder of checkpoints. The program goes on writing there; a copy stays as it was when its
/// trial rested, so that another can go on from it.
/// </summary>
internal static class CheckpointCopy
{
    /// <summary>Makes a folder hold what another holds, and nothing else: whole, or as it was before.</summary>
    /// <exception cref="IOException">When that is not possible, or the other one is not there.</exception>
    public static void Make(string source, string target) => DurableFolder.Write(target, temporary => Fill(source, temporary));

    private static void Fill(string source, string target)
    {
        foreach (var folder in Directory.EnumerateDirectories(source))
            Fill(folder, Directory.CreateDirectory(Path.Combine(target, Path.GetFileName(folder))).FullName);
        foreach (var file in Directory.EnumerateFiles(source))
        {
            var copy = Path.Combine(target, Path.GetFileName(file));
            File.Copy(file, copy);
            using var written = new FileStream(copy, FileMode.Open, FileAccess.Write);
            written.Flush(flushToDisk: true);
        }
    }
}
