namespace Adapters.Checkpoints;

/// <summary>
/// Writes a file so that a reader, or a restart after a crash, sees the old content or the whole new one and nothing
/// between: a temporary file beside it, flushed to the disk, then renamed.
/// </summary>
public static class DurableFile
{
    private static long _writes;

    /// <summary>Writes or replaces a file; its folder is made if need be. Where <paramref name="content"/> throws,
    /// the old file stays and nothing is left beside it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">Writes the content to the stream that it is given.</param>
    public static void Write(string path, Action<Stream> content)
    {
        path = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // Unique among the processes and threads that may write the same file at once; the last rename wins whole.
        var temporary = $"{path}.{Environment.ProcessId}-{Interlocked.Increment(ref _writes)}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
            {
                content(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Writes or replaces a text file in UTF-8 without a byte order mark.</summary>
    public static void WriteText(string path, string text) =>
        Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));
}
