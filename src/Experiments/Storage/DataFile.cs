namespace Experiments.Storage;

/// <summary>LiteDB's data file. LiteDB flushes a stream that it did not open itself no further than to the operating system;
/// here that reaches the disk, so that a checkpoint is durable before the log is emptied.</summary>
internal sealed class DataFile(string path)
    : FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0)
{
    /// <inheritdoc/>
    public override void Flush() => Flush(flushToDisk: true);
}
