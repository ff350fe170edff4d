using System.Diagnostics;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>A file system of its own in a folder, with as little room as a test wants. Only root can mount one.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _folder;

    /// <summary>Mounts it, or skips the test and says why.</summary>
    public SmallDisk(string folder, string size)
    {
        _folder = Directory.CreateDirectory(folder).FullName;
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can mount a small file system.");
        Assert.SkipUnless(Run("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", _folder), "Mounting is not allowed here.");
    }

    private string Ballast => Path.Combine(_folder, "ballast");

    /// <summary>Uses up what room there is.</summary>
    public void Fill()
    {
        using var file = new FileStream(Ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
                file.Write(new byte[4096]);
        }
        catch (IOException full) when (full.Message.Contains("No space left", StringComparison.Ordinal))
        {
            // As it should be.
        }
    }

    /// <summary>Gives back what <see cref="Fill"/> took.</summary>
    public void Clear() => File.Delete(Ballast);

    /// <summary>Makes it larger.</summary>
    public void Grow(string size) => Assert.True(Run("mount", "-o", $"remount,size={size}", _folder));

    public void Dispose() => Run("umount", "--lazy", _folder);

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
