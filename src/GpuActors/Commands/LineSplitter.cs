namespace GpuActors.Commands;

/// <summary>Cuts a stream of bytes into lines, wherever it was cut into reads. A line that is too long to be one of metrics is
/// passed over.</summary>
internal sealed class LineSplitter
{
    /// <summary>Longest line that is told of, in bytes.</summary>
    public const int LongestLine = 64 * 1024;

    private readonly byte[] _begun = new byte[LongestLine];
    private int _length;
    private bool _isTooLong;

    /// <summary>What is told of each line, without its end.</summary>
    public delegate void LineSeen(ReadOnlySpan<byte> line);

    /// <summary>Takes in what was read, and tells of the lines that end in it.</summary>
    public void Add(ReadOnlySpan<byte> read, LineSeen seen)
    {
        for (int end; (end = read.IndexOf((byte)'\n')) >= 0; read = read[(end + 1)..])
        {
            if (_length == 0 && !_isTooLong && end <= LongestLine)
            {
                seen(read[..end]);
                continue;
            }

            Keep(read[..end]);
            Finish(seen);
        }

        Keep(read);
    }

    /// <summary>The stream has ended: what was begun is a line too.</summary>
    public void Finish(LineSeen seen)
    {
        if (!_isTooLong && _length > 0)
            seen(_begun.AsSpan(0, _length));
        (_length, _isTooLong) = (0, false);
    }

    private void Keep(ReadOnlySpan<byte> part)
    {
        if (_isTooLong || part.Length > LongestLine - _length)
        {
            _isTooLong = true;
            return;
        }

        part.CopyTo(_begun.AsSpan(_length));
        _length += part.Length;
    }
}
