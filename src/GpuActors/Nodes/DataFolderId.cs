namespace GpuActors.Nodes;

/// <summary>Tells data folders apart, so that a worker that looks at another one than its coordinator is found out.</summary>
internal static class DataFolderId
{
    private const string FileName = "folder-id";

    /// <summary>The folder's own mark, which is made where there is none yet.</summary>
    /// <exception cref="IOException">When it cannot be read or written.</exception>
    public static string Ensure(string folder)
    {
        if (Find(folder) is { } known)
            return known;

        var path = Path.Combine(Directory.CreateDirectory(folder).FullName, FileName);
        var temporary = $"{path}.{Environment.ProcessId}.tmp";
        File.WriteAllText(temporary, Guid.NewGuid().ToString("N"));
        File.Move(temporary, path, overwrite: true);
        return Find(folder)!;
    }

    /// <summary>The folder's own mark; null where no coordinator has used it.</summary>
    public static string? Find(string folder)
    {
        var path = Path.Combine(folder, FileName);
        return File.Exists(path) ? File.ReadAllText(path) : null;
    }
}
