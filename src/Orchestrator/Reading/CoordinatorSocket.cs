using System.Security.Cryptography;
using System.Text;

namespace Orchestrator.Reading;

/// <summary>The socket file by which other processes of the same user reach the coordinator of a data folder.</summary>
internal static class CoordinatorSocket
{
    private const int LongestPath = 103; // bytes: macOS takes 104 with the closing zero, Linux 108
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Where it lies: in the data folder or, where that path is too long for a socket, in the temporary one.</summary>
    public static string PathOf(string dataFolder)
    {
        var inside = Path.Combine(dataFolder, "socket", "coordinator");
        return Encoding.UTF8.GetByteCount(inside) <= LongestPath
            ? inside
            : Path.Combine(Path.GetTempPath(), $"orchestrator-{Digest(dataFolder)}", "coordinator");
    }

    /// <summary>Makes its folder, which nobody else may enter, and removes what a killed coordinator left there. The caller holds
    /// the store's lock.</summary>
    /// <returns>The path to listen on.</returns>
    /// <exception cref="IOException">When the folder cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">When it is another user's.</exception>
    public static string Prepare(string dataFolder)
    {
        var path = PathOf(dataFolder);
        var folder = Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (!OperatingSystem.IsWindows())
            folder.UnixFileMode = OwnerOnly; // fails on another user's
        File.Delete(path);
        return path;
    }

    /// <summary>Removes it.</summary>
    public static void Remove(string path)
    {
        File.Delete(path);
        Directory.Delete(Path.GetDirectoryName(path)!);
    }

    private static string Digest(string folder) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(folder)))[..16];
}
