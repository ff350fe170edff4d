namespace Experiments.Storage;

/// <summary>The files of a store. Not sealed: a test puts failing ones in their place.</summary>
internal class StoreFiles(string folder)
{
    public string Folder { get; } = folder;

    private string DataPath => Path.Combine(Folder, "store.db");

    private string LogPath => Path.Combine(Folder, "store.log");

    public bool Exist => File.Exists(DataPath);

    public virtual FileStream OpenData() => new DataFile(DataPath);

    public virtual FileStream OpenLog() =>
        new(LogPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);

    /// <summary>Copies in memory, as LiteDB reads them. The caller holds the lock.</summary>
    public (MemoryStream Data, MemoryStream Log) Copy()
    {
        MemoryStream data;
        using (var file = File.OpenRead(DataPath))
        {
            data = new MemoryStream((int)Math.Min(file.Length, Array.MaxLength)); // growing up to it would copy all of it twice
            file.CopyTo(data);
        }

        var log = new MemoryStream();
        if (File.Exists(LogPath))
        {
            using var file = File.OpenRead(LogPath);
            var scan = LogScan.Of(file, log.Write);
            log.SetLength(scan.Pages * LogScan.PageSize);
        }

        return (data, log);
    }
}
