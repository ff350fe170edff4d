using System.Text;

namespace GpuActors.Commands;

/// <summary>The end of what a program wrote to standard error, where it says why it failed.</summary>
internal sealed class ErrorTail
{
    private const int Longest = 4 * 1024;
    private const int Lines = 10;
    private readonly byte[] _ring = new byte[Longest];
    private long _written;

    /// <summary>Takes in what was read.</summary>
    public void Add(ReadOnlySpan<byte> read)
    {
        foreach (var value in read.Length > Longest ? read[^Longest..] : read)
            _ring[_written++ % Longest] = value;
    }

    /// <summary>The last lines that are not blank.</summary>
    public IReadOnlyList<string> Last()
    {
        var length = (int)Math.Min(_written, Longest);
        var bytes = new byte[length];
        for (var index = 0; index < length; index++)
            bytes[index] = _ring[(_written - length + index) % Longest];
        return
        [
            .. Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .TakeLast(Lines),
        ];
    }
}
