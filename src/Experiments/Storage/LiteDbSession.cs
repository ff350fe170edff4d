using LiteDB;
using LiteDB.Engine;

namespace Experiments.Storage;

/// <summary>
/// An open LiteDB over our own streams. After a failure it is given up and another is opened: what was not confirmed on disk
/// is cut from the log, so that nothing of it is kept.
/// </summary>
internal sealed class LiteDbSession : IDisposable
{
    private const long CheckpointAtPages = 2_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Stream _data;
    private readonly Stream _logStream;
    private readonly DurableLog? _log;

    private LiteDbSession(Stream data, Stream logStream)
    {
        (_data, _logStream, _log) = (data, logStream, logStream as DurableLog);
        try
        {
            var settings = new EngineSettings { DataStream = data, LogStream = logStream, Collation = Collation.Binary };
            Database = new LiteDatabase(new LiteEngine(settings), new BsonMapper());
            KeepFromCheckpoints();
        }
        catch
        {
            CloseFiles();
            throw;
        }
    }

    public LiteDatabase Database { get; }

    /// <summary>Opens the files of a folder.</summary>
    public static LiteDbSession Open(StoreFiles files, Action<string> warn)
    {
        var data = files.OpenData();
        try
        {
            return new LiteDbSession(data, new DurableLog(files.OpenLog(), warn));
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    /// <summary>Opens copies in memory of the files of a folder; what is written goes nowhere.</summary>
    public static LiteDbSession OpenCopy(StoreFiles files)
    {
        var (data, log) = files.Copy();
        return new LiteDbSession(data, log);
    }

    /// <summary>Does some writing in one transaction, all of it on this thread; when this returns, it is on disk.</summary>
    /// <exception cref="IOException">When it could not be written. The session must be given up then.</exception>
    public void Commit(Action<LiteDatabase> write)
    {
        MakeRoom();
        var before = _log?.Confirmed;
        Database.BeginTrans();
        write(Database);
        if (!Database.Commit())
            throw new InvalidOperationException("A transaction is committed on the thread that began it.");
        _log?.AwaitConfirmed(before!.Value + 1, Patience);
    }

    /// <summary>Closes without a last word; what is not confirmed is cut.</summary>
    public void GiveUp()
    {
        Database.Dispose();
        try
        {
            _log?.Cut();
        }
        finally
        {
            CloseFiles();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            if (_log is not null)
                Database.Checkpoint();
        }
        catch (IOException)
        {
            // No room for it: all of it is in the log, and the next session tries again.
        }

        Database.Dispose();
        CloseFiles();
    }

    /// <summary>Moves a long log to the data file, before a transaction and not after it: without room on the disk it fails
    /// while there is nothing to lose.</summary>
    private void MakeRoom()
    {
        if (_logStream.Length >= CheckpointAtPages * LogScan.PageSize)
            Database.Checkpoint();
    }

    /// <summary>A new database would move its log by itself after a commit, and at its end.</summary>
    private void KeepFromCheckpoints()
    {
        if (Database.CheckpointSize == 0)
            return;

        Database.CheckpointSize = 0; // a transaction of its own
        _log?.AwaitConfirmed(1, Patience);
    }

    private void CloseFiles()
    {
        _logStream.Dispose();
        _data.Dispose();
    }
}
