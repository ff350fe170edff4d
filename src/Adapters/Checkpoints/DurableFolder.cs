using System.Runtime.InteropServices;

namespace Adapters.Checkpoints;

/// <summary>Makes a folder appear whole or not at all, also across a loss of power.</summary>
public static class DurableFolder
{
    /// <summary>Fills a temporary folder beside the place, then renames it. Where <paramref name="fill"/> throws, nothing
    /// is left. A folder that is already there is replaced.</summary>
    /// <param name="path">The folder that appears.</param>
    /// <param name="fill">Writes the files, each flushed to the disk (<see cref="DurableFile"/>), into the folder that it is given.</param>
    public static void Write(string path, Action<string> fill)
    {
        path = Path.GetFullPath(path);
        var parent = Path.GetDirectoryName(path)!;
        var temporary = path + ".tmp"; // one left by a crash is overwritten
        DeleteIfThere(temporary);
        Directory.CreateDirectory(temporary);
        try
        {
            fill(temporary);
            Flush(temporary);
            DeleteIfThere(path);
            Directory.Move(temporary, path);
        }
        catch
        {
            DeleteIfThere(temporary);
            throw;
        }
        Flush(parent);
    }

    private static void DeleteIfThere(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    /// <summary>Flushes a folder's list of names. .NET opens no folders, and Windows needs none of this.</summary>
    private static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        var descriptor = open(folder, 0);
        if (descriptor < 0)
            throw Failure(folder, "opened");
        try
        {
            if (fsync(descriptor) != 0)
                throw Failure(folder, "flushed to the disk");
        }
        finally
        {
            _ = close(descriptor);
        }
    }

    private static IOException Failure(string folder, string what)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"'{folder}' cannot be {what}: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int fsync(int descriptor);

    [DllImport("libc", SetLastError = true)]
    private static extern int close(int descriptor);
}
