using Experiments.Storage;

namespace Experiments.Tests.Storage;

/// <summary>Files of a store on a disk that fills up, and whose flushes fail, as it is told.</summary>
internal sealed class FailingFiles(string folder) : StoreFiles(folder), IDisposable
{
    /// <summary>How many more writes to the log there is room for.</summary>
    public int WritesLeft { get; set; } = int.MaxValue;

    /// <summary>Whether there is no room in the data file.</summary>
    public bool DataFails { get; set; }

    /// <summary>Whether the log cannot be flushed.</summary>
    public bool FlushFails { get; set; }

    public override FileStream OpenData() => new DataOf(this);

    public override FileStream OpenLog() => new LogOf(this);

    public void Dispose() => (WritesLeft, DataFails, FlushFails) = (int.MaxValue, false, false);

    private static IOException Full() => new("No space left on device");

    private sealed class LogOf(FailingFiles files)
        : FileStream(Path.Combine(files.Folder, "store.log"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0)
    {
        public override void Write(byte[] buffer, int offset, int count)
        {
            if (files.WritesLeft == 0)
            {
                base.Write(buffer, offset, count / 2); // a full disk takes what it can
                throw Full();
            }

            files.WritesLeft--;
            base.Write(buffer, offset, count);
        }

        public override void Flush(bool flushToDisk)
        {
            // A flush that follows a cut works: it is what was written that the disk lost.
            if (files.FlushFails)
            {
                files.FlushFails = false;
                throw new IOException("Input/output error");
            }

            base.Flush(flushToDisk);
        }
    }

    private sealed class DataOf(FailingFiles files)
        : FileStream(Path.Combine(files.Folder, "store.db"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0)
    {
        public override void Write(byte[] buffer, int offset, int count)
        {
            if (files.DataFails)
                throw Full();
            base.Write(buffer, offset, count);
        }
    }
}
