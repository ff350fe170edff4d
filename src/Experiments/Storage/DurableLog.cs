using System.Runtime.InteropServices;
using static Experiments.Storage.LogScan;

namespace Experiments.Storage;

/// <summary>
/// The log that LiteDB writes a transaction's pages to before they reach its data file, made durable and checkable. LiteDB
/// may return from a commit before anything is written, and gives its log pages no checksum. Here each page is followed by
/// the CRC-32C of it and all before it; the page that confirms a transaction is flushed to disk with all that precedes it,
/// and is counted. A page that is torn or missing breaks the chain, and what follows the last whole transaction is cut when
/// the log is opened: so one flush a commit is enough.
/// </summary>
internal sealed class DurableLog : Stream
{
    private readonly object _gate = new();
    private readonly byte[] _record = new byte[RecordSize];
    private readonly FileStream _file;
    private (long Pages, uint Chain) _written;
    private (long Pages, uint Chain) _durable;
    private long _confirmed;
    private Exception? _failure;

    /// <summary>Takes a log file, cuts what follows its last whole transaction and says so.</summary>
    public DurableLog(FileStream file, Action<string> warn)
    {
        _file = file;
        var scan = LogScan.Of(file);
        _written = _durable = (scan.Pages, scan.Chain);
        if (scan.Complaint is null)
            return;

        warn($"{file.Name}: {scan.Complaint}");
        file.SetLength(scan.Pages * RecordSize);
    }

    /// <summary>How many transactions were confirmed on disk since the log was opened.</summary>
    public long Confirmed
    {
        get
        {
            lock (_gate)
                return _confirmed;
        }
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length
    {
        get
        {
            lock (_gate)
                return _written.Pages * PageSize;
        }
    }

    /// <inheritdoc/>
    public override long Position { get; set; }

    /// <summary>Waits until that many transactions are on disk.</summary>
    /// <exception cref="IOException">When one could not be written, or none came.</exception>
    public void AwaitConfirmed(long count, TimeSpan patience)
    {
        lock (_gate)
        {
            while (_confirmed < count)
            {
                if (_failure is not null)
                    throw new IOException(_failure.Message, _failure);
                if (!Monitor.Wait(_gate, patience))
                    throw new IOException($"LiteDB wrote no page that confirms the commit in {patience.TotalSeconds:0} s.");
            }
        }
    }

    /// <summary>Takes back what was written after the last confirmed transaction.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            _file.SetLength(_durable.Pages * RecordSize);
            _file.Flush(flushToDisk: true);
        }
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        lock (_gate)
        {
            _file.Position = PlaceOf(Position, count);
            _file.ReadExactly(buffer, offset, PageSize);
            Position += PageSize;
            return PageSize;
        }
    }

    /// <summary>Never throws: LiteDB would close itself on its own writing thread and wait there for that very thread. The first
    /// failure is kept for <see cref="AwaitConfirmed"/>, and nothing is written after it.</summary>
    public override void Write(byte[] buffer, int offset, int count)
    {
        lock (_gate)
        {
            if (_failure is not null)
                return;

            try
            {
                Append(buffer.AsSpan(offset, count));
            }
            catch (Exception e)
            {
                _failure = e;
            }

            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Starts the log anew, its transactions being in the data file.</summary>
    public override void SetLength(long value)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(value, 0);
        lock (_gate)
        {
            _file.SetLength(0);
            _written = _durable = (0, Seed);
        }
    }

    /// <summary>Does nothing: what matters is flushed with the page that confirms it.</summary>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _file.Dispose();
        base.Dispose(disposing);
    }

    private void Append(ReadOnlySpan<byte> page)
    {
        var place = PlaceOf(Position, page.Length);
        if (place != _written.Pages * RecordSize)
            throw new InvalidOperationException($"LiteDB writes page {Position / PageSize} of its log where {_written.Pages} comes next.");

        var chain = Check(_written.Chain, page);
        page.CopyTo(_record);
        MemoryMarshal.Write(_record.AsSpan(PageSize), chain);
        _file.Position = place;
        _file.Write(_record);
        Position += PageSize;
        _written = (_written.Pages + 1, chain);
        if (!Confirms(page))
            return;

        _file.Flush(flushToDisk: true);
        _durable = _written;
        _confirmed++;
    }

    private static long PlaceOf(long position, int count) => count == PageSize && position % PageSize == 0
        ? position / PageSize * RecordSize
        : throw new InvalidOperationException($"LiteDB's log is read and written by the page, not {count} bytes at {position}.");
}
