using System.Globalization;

namespace GpuActors.Commands;

/// <summary>
/// The files that keep a stream of output: the head in <c>stdout.log</c>, then pieces that are called by where they begin,
/// <c>stdout.log.1048576</c>, of which the newest two stay. So the size is bounded, both ends are there, and a crash loses
/// nothing that was written.
/// </summary>
internal static class OutputSegments
{
    /// <summary>Name of what keeps standard output.</summary>
    public const string Output = "stdout.log";

    /// <summary>Name of what keeps standard error.</summary>
    public const string Error = "stderr.log";

    /// <summary>Bytes of the head.</summary>
    public const int Head = 1 << 20;

    /// <summary>Bytes of a piece after it.</summary>
    public const int Piece = 1 << 19;

    /// <summary>Pieces besides the head that stay.</summary>
    public const int PiecesKept = 2;

    /// <summary>The file of the piece that begins at a position.</summary>
    public static string PathOf(string folder, string name, long start) =>
        Path.Combine(folder, start == 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}.{start}"));

    /// <summary>The pieces that are there, in order.</summary>
    public static IReadOnlyList<(long Start, string Path)> Of(string folder, string name) => !Directory.Exists(folder)
        ? []
        : [.. Directory.EnumerateFiles(folder, name + "*").Select(path => (Start: StartOf(path, name), path))
            .Where(piece => piece.Start >= 0)
            .OrderBy(piece => piece.Start)];

    private static long StartOf(string path, string name)
    {
        var rest = Path.GetFileName(path.AsSpan())[name.Length..];
        return rest.IsEmpty ? 0
            : rest[0] == '.' && long.TryParse(rest[1..], NumberStyles.None, CultureInfo.InvariantCulture, out var start) ? start
            : -1;
    }
}

/// <summary>Writes a stream of output, of bounded size, as it comes. There is no file before there is a byte.</summary>
internal sealed class OutputWriter(string folder, string name) : IDisposable
{
    private readonly Queue<string> _pieces = [];
    private FileStream? _file;
    private long _written;
    private long _end = OutputSegments.Head;

    /// <summary>Writes on.</summary>
    /// <exception cref="IOException">When the disk is full, for example.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_file is null || _written == _end)
                Begin();
            var part = bytes[..(int)Math.Min(bytes.Length, _end - _written)];
            _file!.Write(part);
            _written += part.Length;
            bytes = bytes[part.Length..];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private void Begin()
    {
        _file?.Dispose();
        var path = OutputSegments.PathOf(folder, name, _written);
        if (_written > 0)
        {
            _end = _written + OutputSegments.Piece;
            _pieces.Enqueue(path);
            if (_pieces.Count > OutputSegments.PiecesKept)
                File.Delete(_pieces.Dequeue());
        }

        _file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
    }
}
